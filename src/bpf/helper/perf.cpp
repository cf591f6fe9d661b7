// bpf_xdp_event_output() and bpf_skb_event_output() of net/core/filter.c, the rest of kernel/trace/bpf_trace.c, Linux
// 6.18. Events here are rings and count nothing.
#include "helper/perf.h"

#include <cstring>

#include "helper/errno.h"
#include "map/perf_event_array.h"

namespace saya::helper {
namespace {

constexpr uint64_t kIndex = 0xffffffff;     // BPF_F_INDEX_MASK; all ones are BPF_F_CURRENT_CPU.
constexpr uint64_t kPacketBytes = 0xfffff;  // BPF_F_CTXLEN_MASK, shifted.
constexpr uint32_t kPacketBytesShift = 32;
constexpr uint32_t kValueBytes = 24;  // struct bpf_perf_event_value.

/// The ring that `flags` mean: 0, -E2BIG or -ENOENT.
int find(const Run& run, Map* map, uint64_t flags, PerfRing*& ring) noexcept {
  const uint64_t index = (flags & kIndex) == kIndex ? run.services->cpu : flags & kIndex;
  if (index >= map->spec().max_entries) return -E2BIG;
  ring = static_cast<PerfEventArray&>(*map).at(index);
  return ring ? 0 : -ENOENT;
}

/// 0 when the counter of an event could be read here.
int check_read(const Run& run, Map* map, uint64_t flags) noexcept {
  if (flags & ~kIndex) return -EINVAL;
  PerfRing* ring = nullptr;
  if (const int error = find(run, map, flags, ring)) return error;
  return ring->cpu() == run.services->cpu ? 0 : -EINVAL;
}

}  // namespace

uint64_t perf_event_output(Run& run, Packet* packet, Map* map, uint64_t flags, const std::byte* data,
                           uint64_t size) noexcept {
  const auto packet_bytes = static_cast<uint32_t>(flags >> kPacketBytesShift & kPacketBytes);
  if (flags & ~(kPacketBytes << kPacketBytesShift | kIndex)) return result(-EINVAL);
  if (packet_bytes > packet->len) return result(-EFAULT);
  PerfRing* ring = nullptr;
  if (const int error = find(run, map, flags, ring)) return result(error);
  if (ring->cpu() != run.services->cpu) return result(-EOPNOTSUPP);
  return result(ring->output(size + packet_bytes, [&](std::byte* record) {
    std::memcpy(record, data, size);
    static_cast<void>(copy_out(*packet, 0, record + size, packet_bytes));  // They are there: see above.
  }));
}

uint64_t perf_event_read(Run& run, Map* map, uint64_t flags) noexcept { return result(check_read(run, map, flags)); }

uint64_t perf_event_read_value(Run& run, Map* map, uint64_t flags, std::byte* value, uint32_t size) noexcept {
  std::memset(value, 0, size);
  return result(size == kValueBytes ? check_read(run, map, flags) : -EINVAL);
}

}  // namespace saya::helper
