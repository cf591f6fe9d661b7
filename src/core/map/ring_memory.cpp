// What both kinds of ring buffers are made of: kernel/bpf/ringbuf.c, Linux 6.18.
#include "map/ring_memory.h"

#include <fmt/format.h>

#include <bit>

#include "map/checks.h"

namespace saya {

static_assert(std::atomic<uint64_t>::is_always_lock_free && sizeof(RingHeader) == 8);

Result<RingMemory> RingMemory::open(const MapMemory& memory, uint32_t data) {
  SAYA_TRY(Region view, memory.region().mirror(kMapPayloadOffset, kDataAt + data, data));
  return RingMemory(std::move(view), data);
}

Result<size_t> ring_storage(const MapSpec& spec) {
  SAYA_CHECK(check_flags(spec, kMapNumaNode));
  SAYA_CHECK(check_range(spec, "key_size", spec.key_size, 0, 0, Code::invalid_argument));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 0, 0, Code::invalid_argument));
  if (!std::has_single_bit(spec.max_entries) || spec.max_entries < RingMemory::kPage)
    return refuse(
        spec, Code::invalid_argument,
        fmt::format("max_entries is {}, must be a power of two from {} up", spec.max_entries, RingMemory::kPage));
  return RingMemory::kDataAt + size_t{spec.max_entries};
}

}  // namespace saya
