// The memory of a ring buffer as kernel/bpf/ringbuf.c lays it out (Linux 6.18), and as user space maps it.
//
//   page 0: who writes | page 1: consumer_pos | page 2: producer_pos, pending_pos | data | the same data again
//
// Positions count bytes and never wrap; records start at multiples of 8, and one that reaches over the end of the data
// goes on in their second appearance. All zeroes is the empty ring.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/region.h"
#include "map/map.h"
#include "map/words.h"

namespace saya {

/// In front of every record.
struct RingHeader {
  uint32_t length;       ///< Bytes of the record; kRingBusy while it is written, kRingDiscarded when nobody wants it.
  uint32_t page_offset;  ///< Pages from page 0 to the header.
};
inline constexpr uint32_t kRingBusy = 1u << 31;
inline constexpr uint32_t kRingDiscarded = 1u << 30;

/// Bytes from a record of that length field to the next.
constexpr uint64_t ring_stride(uint32_t length) noexcept {
  return round_up((length & ~(kRingBusy | kRingDiscarded)) + sizeof(RingHeader));
}
/// The length field of a record, from its first byte.
inline std::atomic_ref<uint32_t> ring_length(std::byte* record) noexcept {
  return std::atomic_ref<uint32_t>(*reinterpret_cast<uint32_t*>(record - sizeof(RingHeader)));
}

/// Another process may write all of it at any time: whatever stands there, no position leads outside.
class RingMemory {
 public:
  /// The ring in the payload of a map, whose memory has a descriptor. `data` is a power of two.
  static Result<RingMemory> open(const MapMemory& memory, uint32_t data);

  uint64_t size() const noexcept { return size_; }
  std::atomic<uint64_t>& consumer() const noexcept { return word(kPage); }
  std::atomic<uint64_t>& producer() const noexcept { return word(2 * kPage); }
  /// Up to here all records are committed. Belongs to the holder of lock().
  std::atomic<uint64_t>& pending() const noexcept { return word(2 * kPage + 8); }
  /// Of the producers of a ringbuf, or the consumers of a user_ringbuf.
  std::atomic<uint32_t>& lock() const noexcept { return *reinterpret_cast<std::atomic<uint32_t>*>(base_); }
  /// The record whose header is at `position`; size() bytes after the header are there.
  std::byte* record(uint64_t position) const noexcept {
    return base_ + kDataAt + (position & (size_ - 1) & ~uint64_t{7}) + sizeof(RingHeader);
  }
  /// What RingHeader::page_offset says of a record.
  uint32_t page_offset(const std::byte* record) const noexcept {
    return static_cast<uint32_t>((record - sizeof(RingHeader) - base_) / static_cast<ptrdiff_t>(kPage));
  }

  static constexpr size_t kPage = 4096;
  static constexpr size_t kDataAt = 3 * kPage;

 private:
  RingMemory(Region view, uint32_t data) noexcept : view_(std::move(view)), base_(view_.data()), size_(data) {}
  std::atomic<uint64_t>& word(size_t at) const noexcept {
    return *reinterpret_cast<std::atomic<uint64_t>*>(base_ + at);
  }

  Region view_;
  std::byte* base_;
  uint64_t size_;
};

/// Bytes of payload that a ring of `spec` needs; refuses what BPF_MAP_CREATE refuses.
Result<size_t> ring_storage(const MapSpec& spec);

}  // namespace saya
