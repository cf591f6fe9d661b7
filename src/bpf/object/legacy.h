// Map definitions from before BTF: structs of numbers, one after the other. Steps of read_legacy_maps().
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "base/result.h"
#include "object/reading.h"

namespace saya::object {

inline constexpr uint32_t kNone = 0xffffffff;  ///< "No slot" to iproute2, and no such member to us.

/// What a definition says; members that its struct does not have are as iproute2 and the samples' loader take them.
struct LegacyMap {
  uint32_t type = 0;
  uint32_t key_size = 0;
  uint32_t value_size = 0;
  uint32_t max_entries = 0;
  uint32_t flags = 0;
  uint32_t id = 0;
  uint32_t pinning = 0;
  uint32_t inner_id = 0;           ///< The id of the map that a map of maps takes as its template.
  uint32_t inner_idx = 0;          ///< Where a template is installed; kNone: nowhere.
  uint32_t inner_map_idx = kNone;  ///< struct bpf_map_def: the template's number among the maps of the section.
  uint32_t inner_pointer = kNone;  ///< goebpf: offset in the definition of a pointer to the template.
  uint32_t numa_node = 0;
};

/// Reads the definition in `bytes`: by the names of the members of `type` (0: unknown), else by its size and order.
/// (legacy_fields.cpp)
Result<LegacyMap> read_legacy_map(const btf::Btf* btf, uint32_t type, std::span<const std::byte> bytes);

/// One of Object::maps that came from a legacy section.
struct LegacyPlace {
  uint32_t map = 0;          ///< In Object::maps.
  uint32_t first = 0;        ///< The first map of its section, in Object::maps.
  uint32_t pointed = kNone;  ///< The map that inner_pointer means.
  LegacyMap fields;
};

/// Gives maps of maps their templates, and what they hold from the beginning. (legacy_inner.cpp)
Result<> link_inner_maps(std::span<const LegacyPlace> places, Object& object);

}  // namespace saya::object
