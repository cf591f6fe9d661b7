// What a program sees of a map through its pointer.
#pragma once

#include <cstdint>
#include <optional>

#include "map/map.h"
#include "program/map_members.h"

namespace saya::interp {

/// The number of `bytes` bytes (1 to 8) at `offset` of the map's struct bpf_map; nothing beyond its end. `number` is
/// the map's id to this program.
std::optional<uint64_t> view_map(const Map& map, uint32_t number, const program::MapMembers& members, uint64_t offset,
                                 unsigned bytes) noexcept;

}  // namespace saya::interp
