// BPF_MAP_TYPE_USER_RINGBUF. Results as kernel/bpf/ringbuf.c; the producer as user_ring_buffer__reserve() and
// __submit() of tools/lib/bpf/ringbuf.c, Linux 6.18.
#include "map/user_ringbuf.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "base/kernel_errno.h"
#include "map/checks.h"

namespace saya {
namespace {

constexpr uint32_t kMostInDynptr = (1u << 24) - 1;

}  // namespace

Result<> UserRingBuffer::produce(std::span<const std::byte> bytes) {
  const std::lock_guard guard(producing_);
  const uint64_t begin = ring_.producer().load(std::memory_order_relaxed) & ~uint64_t{7};
  const uint64_t wanted = round_up(bytes.size() + sizeof(RingHeader));
  const uint64_t used = begin - ring_.consumer().load(std::memory_order_acquire);
  if (bytes.size() >= ring_.size() || used > ring_.size() || wanted > ring_.size() - used)
    return refuse(spec(), Code::no_space,
                  fmt::format("a record of {} bytes, {} of {} are in use", bytes.size(), used, ring_.size()));
  std::byte* const record = ring_.record(begin);
  std::memcpy(record, bytes.data(), bytes.size());
  store(record - sizeof(uint32_t), uint32_t{0});
  ring_length(record).store(static_cast<uint32_t>(bytes.size()), std::memory_order_relaxed);
  ring_.producer().store(begin + wanted, std::memory_order_release);
  return {};
}

int UserRingBuffer::peek(std::span<std::byte>& record) noexcept {
  const uint64_t end = ring_.producer().load(std::memory_order_acquire);
  if (end % 8 != 0) return -EINVAL;
  const uint64_t at = ring_.consumer().load(std::memory_order_acquire);
  if (at >= end) return -ENODATA;
  const uint32_t length = ring_length(ring_.record(at)).load(std::memory_order_acquire);
  const uint32_t size = length & ~(kRingBusy | kRingDiscarded);
  if (ring_stride(length) > end - at) return -EINVAL;
  if (ring_stride(length) > ring_.size() || size > kMostInDynptr) return -E2BIG;
  if (length & kRingDiscarded) {
    release(size);
    return -EAGAIN;
  }
  if (length & kRingBusy) return -ENODATA;
  record = {ring_.record(at), size};
  return 0;
}

void UserRingBuffer::release(size_t size) noexcept {
  const uint64_t at = ring_.consumer().load(std::memory_order_relaxed);
  ring_.consumer().store(at + round_up(size + sizeof(RingHeader)), std::memory_order_release);
}

int UserRingBuffer::update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept { return -ENOTSUPP; }
int UserRingBuffer::erase(const std::byte*) noexcept { return -ENOTSUPP; }
int UserRingBuffer::next_key(const std::byte*, std::byte*) const noexcept { return -ENOTSUPP; }

Result<size_t> user_ringbuf_storage(const MapSpec& spec, uint32_t) { return ring_storage(spec); }

Result<MapPtr> open_user_ringbuf(MapSpec spec, MapMemory memory) {
  SAYA_TRY(RingMemory ring, RingMemory::open(memory, spec.max_entries));
  return std::make_shared<UserRingBuffer>(std::move(spec), std::move(memory), std::move(ring));
}

}  // namespace saya
