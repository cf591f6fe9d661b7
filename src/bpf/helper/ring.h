// bpf_ringbuf_*() and bpf_user_ringbuf_drain(): records to user space, and from it.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

uint64_t ringbuf_output(Run& run, Map* map, const std::byte* data, uint64_t size, uint64_t flags) noexcept;
uint64_t ringbuf_reserve(Run& run, Map* map, uint64_t size, uint64_t flags) noexcept;
uint64_t ringbuf_submit(Run& run, std::byte* record, uint64_t flags) noexcept;
uint64_t ringbuf_discard(Run& run, std::byte* record, uint64_t flags) noexcept;
uint64_t ringbuf_query(Run& run, Map* map, uint64_t what) noexcept;
uint64_t user_ringbuf_drain(Run& run, Map* map, uint64_t function, uint64_t context, uint64_t flags) noexcept;

}  // namespace saya::helper
