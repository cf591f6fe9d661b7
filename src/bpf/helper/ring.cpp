// kernel/bpf/ringbuf.c, Linux 6.18. Wakeups are accepted and wake nobody: consumers ask (map/ringbuf.h).
#include "helper/ring.h"

#include "helper/dynptr_access.h"
#include "helper/errno.h"
#include "map/ringbuf.h"
#include "map/user_ringbuf.h"

namespace saya::helper {
namespace {

using abi::Grants;

constexpr uint64_t kWakeups = 3;            // BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP.
constexpr uint32_t kMostSamples = 1 << 17;  // BPF_MAX_USER_RINGBUF_SAMPLES.
enum Query : uint64_t { kAvailable, kSize, kConsumed, kProduced };

RingBuffer& ring(Map* map) noexcept { return static_cast<RingBuffer&>(*map); }

uint64_t finish(Run& run, std::byte* record, bool discard) noexcept {
  RingBuffer::commit(record, discard);
  abi::revoke(run, record);
  return 0;
}

/// Shows one record to the program; what its callback returned.
uint64_t show(Run& run, std::span<std::byte> record, uint64_t function, uint64_t context) noexcept {
  Dynptr dynptr = make_view(Dynptr::Kind::memory, record.data(), static_cast<uint32_t>(record.size()), false);
  abi::grant(run, Grants::Kind::memory, &dynptr, sizeof dynptr, true);
  const uint64_t answer = run.invoke(run, function, reinterpret_cast<uint64_t>(&dynptr), context, 0, 0, 0);
  abi::revoke(run, &dynptr);
  return answer;
}

/// How many records the program saw, or what is wrong with the next one.
int64_t drain(Run& run, UserRingBuffer& from, uint64_t function, uint64_t context) noexcept {
  int64_t seen = 0;
  uint64_t answer = 0;
  for (uint32_t sample = 0; sample < kMostSamples && answer == 0; ++sample) {
    std::span<std::byte> record;
    const int error = from.peek(record);
    if (error == -ENODATA) break;
    if (error == -EAGAIN) continue;
    if (error != 0) return error;
    answer = show(run, record, function, context);
    from.release(record.size());
    ++seen;
  }
  return seen;
}

}  // namespace

uint64_t ringbuf_output(Run&, Map* map, const std::byte* data, uint64_t size, uint64_t flags) noexcept {
  if (flags & ~kWakeups) return result(-EINVAL);
  return result(ring(map).output(data, size));
}

uint64_t ringbuf_reserve(Run& run, Map* map, uint64_t size, uint64_t flags) noexcept {
  std::byte* const record = flags ? nullptr : ring(map).reserve(size);
  if (record) abi::grant(run, Grants::Kind::record, record, size, true);
  return reinterpret_cast<uint64_t>(record);
}

uint64_t ringbuf_submit(Run& run, std::byte* record, uint64_t) noexcept { return finish(run, record, false); }
uint64_t ringbuf_discard(Run& run, std::byte* record, uint64_t) noexcept { return finish(run, record, true); }

uint64_t ringbuf_query(Run&, Map* map, uint64_t what) noexcept {
  switch (what) {
    case kAvailable: return ring(map).available();
    case kSize: return ring(map).size();
    case kConsumed: return ring(map).consumed();
    case kProduced: return ring(map).produced();
    default: return 0;
  }
}

uint64_t user_ringbuf_drain(Run& run, Map* map, uint64_t function, uint64_t context, uint64_t flags) noexcept {
  if (flags & ~kWakeups) return result(-EINVAL);
  auto& from = static_cast<UserRingBuffer&>(*map);
  uint32_t free = 0;
  if (!from.consuming().compare_exchange_strong(free, 1, std::memory_order_acquire)) return result(-EBUSY);
  const int64_t seen = drain(run, from, function, context);
  from.consuming().store(0, std::memory_order_release);
  return result(seen);
}

}  // namespace saya::helper
