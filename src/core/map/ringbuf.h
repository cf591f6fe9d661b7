// BPF_MAP_TYPE_RINGBUF: records from programs to user space. Any number of producers, one consumer.
#pragma once

#include <functional>
#include <mutex>
#include <span>
#include <vector>

#include "map/ring_memory.h"

namespace saya {

/// The producers' functions are what programs call: no allocation, no waiting but for other producers. Nobody is woken:
/// consumers ask.
class RingBuffer final : public Map {
 public:
  RingBuffer(MapSpec spec, MapMemory memory, RingMemory ring)
      : Map(std::move(spec), std::move(memory)), ring_(std::move(ring)) {}

  /// Room for a record of `size` bytes, which consumers wait for until it is committed. Null when the ring is full or
  /// could never hold it.
  std::byte* reserve(uint64_t size) noexcept;
  /// Hands a reserved record over, or gives it up. `record` is what reserve() returned.
  static void commit(std::byte* record, bool discard) noexcept;
  /// Both in one. 0 or -EAGAIN.
  int output(const std::byte* data, uint64_t size) noexcept;

  /// Bytes that wait for the consumer, headers included; where the consumer and the producers are.
  uint64_t available() const noexcept { return produced() - consumed(); }
  uint64_t consumed() const noexcept { return ring_.consumer().load(std::memory_order_acquire); }
  uint64_t produced() const noexcept { return ring_.producer().load(std::memory_order_acquire); }
  uint64_t size() const noexcept { return ring_.size(); }

  /// Takes the records that are there, in order, up to the first one that is still being written, and calls
  /// `visit(record)` for each that was not discarded. The bytes are the visitor's until it returns. How many it saw;
  /// malformed when another process has spoilt the ring.
  Result<size_t> drain(const std::function<void(std::span<const std::byte>)>& visit);

  /// Discards what a producer that died left unfinished.
  void recover() noexcept override;

  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  int update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept override;
  int erase(const std::byte*) noexcept override;
  int next_key(const std::byte*, std::byte*) const noexcept override;
  std::span<std::byte> value_around(const std::byte*) noexcept override { return {}; }

 private:
  uint64_t skip_committed(uint64_t end) noexcept;

  RingMemory ring_;
  std::mutex draining_;
  std::vector<std::byte> copy_;  ///< Guarded by draining_. Nobody else can change it while a visitor looks.
};

}  // namespace saya
