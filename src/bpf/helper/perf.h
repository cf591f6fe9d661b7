// bpf_perf_event_*(): the rings of a perf_event_array.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

uint64_t perf_event_output(Run& run, Packet* packet, Map* map, uint64_t flags, const std::byte* data,
                           uint64_t size) noexcept;
uint64_t perf_event_read(Run& run, Map* map, uint64_t flags) noexcept;
uint64_t perf_event_read_value(Run& run, Map* map, uint64_t flags, std::byte* value, uint32_t size) noexcept;

}  // namespace saya::helper
