// bpf_map_push_elem() and its family: maps whose values have no keys.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

uint64_t map_push_elem(Run& run, Map* map, const std::byte* value, uint64_t flags) noexcept;
uint64_t map_pop_elem(Run& run, Map* map, std::byte* value) noexcept;
uint64_t map_peek_elem(Run& run, Map* map, std::byte* value) noexcept;

}  // namespace saya::helper
