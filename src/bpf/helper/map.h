// bpf_map_*(): elements of the program's maps, as the running worker sees them.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

uint64_t map_lookup_elem(Run& run, Map* map, const std::byte* key) noexcept;
uint64_t map_update_elem(Run& run, Map* map, const std::byte* key, const std::byte* value, uint64_t flags) noexcept;
uint64_t map_delete_elem(Run& run, Map* map, const std::byte* key) noexcept;
uint64_t for_each_map_elem(Run& run, Map* map, uint64_t function, uint64_t context, uint64_t flags) noexcept;
uint64_t map_lookup_percpu_elem(Run& run, Map* map, const std::byte* key, uint32_t cpu) noexcept;

}  // namespace saya::helper
