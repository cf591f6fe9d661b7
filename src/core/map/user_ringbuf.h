// BPF_MAP_TYPE_USER_RINGBUF: records from user space to programs. One producer, any number of consumers in turn.
#pragma once

#include <mutex>
#include <span>

#include "map/ring_memory.h"

namespace saya {

/// peek() and what follows it are for whoever holds consuming(): a program that drains the ring.
class UserRingBuffer final : public Map {
 public:
  UserRingBuffer(MapSpec spec, MapMemory memory, RingMemory ring)
      : Map(std::move(spec), std::move(memory)), ring_(std::move(ring)) {}

  /// User space's side: appends a record. no_space when the ring is full or can never hold it.
  Result<> produce(std::span<const std::byte> record);

  /// The consumer's role: 0 free, 1 taken. In the shared memory.
  std::atomic<uint32_t>& consuming() const noexcept { return ring_.lock(); }
  /// The next record. 0; -ENODATA when there is none that is complete, -EAGAIN when it was a discarded one, which is
  /// skipped; -EINVAL and -E2BIG when what stands there is no record, -E2BIG also for one too large for a dynptr.
  int peek(std::span<std::byte>& record) noexcept;
  /// Gives the bytes of the record that peek() showed back to the producer.
  void release(size_t size) noexcept;

  /// Takes the consumer's role from a program that died.
  void recover() noexcept override { consuming().store(0, std::memory_order_relaxed); }

  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  int update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept override;
  int erase(const std::byte*) noexcept override;
  int next_key(const std::byte*, std::byte*) const noexcept override;
  std::span<std::byte> value_around(const std::byte*) noexcept override { return {}; }

 private:
  RingMemory ring_;
  std::mutex producing_;
};

}  // namespace saya
