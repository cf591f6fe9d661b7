// struct bpf_map of include/linux/bpf.h, read off somebody's types.
#include "program/map_members.h"

#include <algorithm>
#include <string_view>

namespace saya::program {
namespace {

struct Row {
  std::string_view name;
  uint32_t bytes;
};
constexpr Row kRows[] = {
#define SAYA_MAP_MEMBER(name, offset, bytes, value) {#name, bytes},
#include "program/map_members.def"
};

/// The member's byte offset, if it has as many bytes as the row says.
uint32_t offset_of(const btf::Btf& types, const btf::Type& map, const Row& row, uint32_t limit) {
  const auto it = std::ranges::find(map.members, row.name, &btf::Member::name);
  if (it == map.members.end() || it->size != 0 || it->offset % 8 != 0 || types.size_of(it->type) != row.bytes)
    return MapMembers::kAbsent;
  const uint32_t offset = it->offset / 8;
  return offset <= limit && row.bytes <= limit - offset ? offset : MapMembers::kAbsent;
}

}  // namespace

MapMembers map_members_of(const btf::Btf& types) {
  MapMembers members;
  const auto found = types.candidates(btf::Kind::structure, "bpf_map");
  if (found.empty()) return members;
  const btf::Type& map = types.type(found.front());
  members.bytes = std::min(map.size, MapMembers::kMostBytes);
  std::ranges::transform(kRows, members.offset.begin(),
                         [&](const Row& row) { return offset_of(types, map, row, members.bytes); });
  return members;
}

}  // namespace saya::program
