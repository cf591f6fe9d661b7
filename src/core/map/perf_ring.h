// The ring behind one slot of a perf_event_array, as perf_event_open(2) lays it out: a page of struct
// perf_event_mmap_page, then the data. Written by programs on one CPU, read by one consumer.
#pragma once

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/region.h"
#include "base/result.h"
#include "map/shared_lock.h"

namespace saya {

/// What a consumer finds. `data` is the program's bytes, then the packet's, then up to 7 that mean nothing, as the
/// kernel pads a record to 8 bytes.
struct PerfRecord {
  std::span<const std::byte> data;  ///< Empty when `lost` counts.
  uint64_t lost = 0;                ///< Records that found no room before the next one.
};

class PerfRing {
 public:
  /// For programs on `cpu`. `bytes` of data: a power of two of pages.
  static Result<std::shared_ptr<PerfRing>> create(uint32_t cpu, size_t bytes);
  uint32_t cpu() const noexcept { return cpu_; }

  /// Appends a record of `size` bytes that `fill(std::byte*)` writes. 0, -ENOSPC when there is no room (the consumer
  /// learns how often), -E2BIG when a record can have no such size.
  template <class Fill>
  int output(uint64_t size, Fill&& fill) noexcept {
    if (size > kMostRaw) return -E2BIG;
    const SharedLock lock(busy_);
    std::byte* const raw = lock ? begin(size) : nullptr;
    if (!raw) return -ENOSPC;
    fill(raw);
    end();
    return 0;
  }

  /// Takes the records that are there, in order. How many; malformed when another process has spoilt the ring. The
  /// bytes are the visitor's until it returns.
  Result<size_t> drain(const std::function<void(const PerfRecord&)>& visit);

  /// The control page and the data, for the eyes of tests and other processes.
  const Region& memory() const noexcept { return memory_; }

 private:
  PerfRing(uint32_t cpu, Region memory, Region view, size_t bytes) noexcept;
  std::byte* begin(uint64_t size) noexcept;
  void end() noexcept;
  Result<PerfRecord> read(uint64_t at, uint64_t end);
  std::atomic<uint64_t>& word(size_t at) const noexcept {
    return *reinterpret_cast<std::atomic<uint64_t>*>(base_ + at);
  }
  std::byte* data(uint64_t position) const noexcept;

  static constexpr uint64_t kMostRaw = 65516;  ///< The size of a record with its headers is a u16.

  const uint32_t cpu_;
  const Region memory_;
  const Region view_;  ///< The same, and the data once more: a record is always in one piece.
  std::byte* const base_;
  const uint64_t size_;
  std::atomic<uint32_t> busy_{0};
  uint64_t next_head_ = 0;  ///< With lost_ under busy_.
  uint64_t lost_ = 0;
  std::mutex draining_;
  std::vector<std::byte> copy_;  ///< Guarded by draining_.
};

}  // namespace saya
