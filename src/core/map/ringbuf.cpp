// BPF_MAP_TYPE_RINGBUF. Results and memory as kernel/bpf/ringbuf.c, Linux 6.18; the lock of the producers is in the
// shared memory, too, so that processes may share a ring.
#include "map/ringbuf.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/kernel_errno.h"
#include "map/checks.h"
#include "map/shared_lock.h"

namespace saya {
namespace {

constexpr uint64_t kMostRecord = UINT32_MAX / 4;

}  // namespace

/// Moves the pending position over records that are committed by now, not beyond `end`. What a hostile neighbour wrote
/// there leads nowhere else.
uint64_t RingBuffer::skip_committed(uint64_t end) noexcept {
  uint64_t pending = ring_.pending().load(std::memory_order_relaxed);
  if (end - pending > ring_.size()) pending = end;
  while (pending != end) {
    const uint32_t length = ring_length(ring_.record(pending)).load(std::memory_order_acquire);
    if ((length & kRingBusy) || ring_stride(length) > end - pending) break;
    pending += ring_stride(length);
  }
  ring_.pending().store(pending, std::memory_order_relaxed);
  return pending;
}

std::byte* RingBuffer::reserve(uint64_t size) noexcept {
  if (size > kMostRecord || round_up(size + sizeof(RingHeader)) > ring_.size()) return nullptr;
  const SharedLock lock(ring_.lock());
  if (!lock) return nullptr;
  const uint64_t begin = ring_.producer().load(std::memory_order_relaxed) & ~uint64_t{7};
  const uint64_t end = begin + round_up(size + sizeof(RingHeader));
  // One byte stays free, so that a full ring and an empty one differ.
  if (end - skip_committed(begin) >= ring_.size() || end - consumed() >= ring_.size()) return nullptr;
  std::byte* const record = ring_.record(begin);
  ring_length(record).store(static_cast<uint32_t>(size) | kRingBusy, std::memory_order_relaxed);
  store(record - sizeof(uint32_t), ring_.page_offset(record));
  ring_.producer().store(end, std::memory_order_release);
  return record;
}

void RingBuffer::commit(std::byte* record, bool discard) noexcept {
  const auto length = ring_length(record);
  const uint32_t size = length.load(std::memory_order_relaxed) & ~kRingBusy;
  length.store(size | (discard ? kRingDiscarded : 0), std::memory_order_release);
}

int RingBuffer::output(const std::byte* data, uint64_t size) noexcept {
  std::byte* const record = reserve(size);
  if (!record) return -EAGAIN;
  std::memcpy(record, data, size);
  commit(record, false);
  return 0;
}

Result<size_t> RingBuffer::drain(const std::function<void(std::span<const std::byte>)>& visit) {
  const std::lock_guard guard(draining_);
  size_t seen = 0;
  const uint64_t end = produced();
  uint64_t at = consumed();
  if (end - at > ring_.size())
    return refuse(spec(), Code::malformed, fmt::format("{} bytes to read in a ring of {}", end - at, ring_.size()));
  while (at != end) {
    std::byte* const record = ring_.record(at);
    const uint32_t length = ring_length(record).load(std::memory_order_acquire);
    if (length & kRingBusy) break;
    if (ring_stride(length) > end - at)
      return refuse(spec(), Code::malformed, fmt::format("a record of {} bytes, {} are left", length, end - at));
    const bool wanted = !(length & kRingDiscarded);
    if (wanted) copy_.assign(record, record + length);
    at += ring_stride(length);
    ring_.consumer().store(at, std::memory_order_release);
    if (!wanted) continue;
    ++seen;
    visit(copy_);
  }
  return seen;
}

void RingBuffer::recover() noexcept {
  ring_.lock().store(0, std::memory_order_relaxed);
  const uint64_t end = produced();
  for (uint64_t at = consumed(); end - at <= ring_.size() && at != end;) {
    std::byte* const record = ring_.record(at);
    const uint32_t length = ring_length(record).load(std::memory_order_relaxed);
    if (length & kRingBusy) commit(record, true);
    at += ring_stride(length);
  }
}

int RingBuffer::update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept { return -ENOTSUPP; }
int RingBuffer::erase(const std::byte*) noexcept { return -ENOTSUPP; }
int RingBuffer::next_key(const std::byte*, std::byte*) const noexcept { return -ENOTSUPP; }

Result<size_t> ringbuf_storage(const MapSpec& spec, uint32_t) { return ring_storage(spec); }

Result<MapPtr> open_ringbuf(MapSpec spec, MapMemory memory) {
  SAYA_TRY(RingMemory ring, RingMemory::open(memory, spec.max_entries));
  return std::make_shared<RingBuffer>(std::move(spec), std::move(memory), std::move(ring));
}

}  // namespace saya
