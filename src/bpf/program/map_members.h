// Where programs find the members of struct bpf_map, which they read through a map's pointer.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "btf/btf.h"

namespace saya::program {

/// The rows of map_members.def.
enum class MapMember : uint8_t {
#define SAYA_MAP_MEMBER(name, offset, bytes, value) name,
#include "program/map_members.def"
};
#define SAYA_MAP_MEMBER(name, offset, bytes, value) +1
inline constexpr size_t kMapMembers = 0
#include "program/map_members.def"
    ;

/// The structure as one kernel has it.
struct MapMembers {
  static constexpr uint32_t kAbsent = UINT32_MAX;
  static constexpr uint32_t kMostBytes = 1024;
  uint32_t bytes = 296;  ///< Of the structure, at most kMostBytes.
  /// Byte offset of each row; kAbsent for one that the structure does not have. A row lies within `bytes`.
  std::array<uint32_t, kMapMembers> offset = {
#define SAYA_MAP_MEMBER(name, offset, bytes, value) offset,
#include "program/map_members.def"
  };
  bool operator==(const MapMembers&) const = default;
};

/// As `types` have it; Linux 6.18's where they have no such structure.
MapMembers map_members_of(const btf::Btf& types);

}  // namespace saya::program
