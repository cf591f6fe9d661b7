// struct bpf_map as programs see it: the members that saya answers, in whole and in part, wherever a kernel has them.
#include "interp/map_view.h"

#include <gtest/gtest.h>

#include <cstring>

namespace saya::interp {
namespace {

using program::MapMember;
using program::MapMembers;

MapPtr make() {
  return create_map({.name = "counts", .type = 1, .key_size = 8, .value_size = 12, .max_entries = 77, .flags = 1}, {})
      .value();
}

uint32_t& place(MapMembers& members, MapMember member) { return members.offset[static_cast<size_t>(member)]; }

TEST(MapView, HasWhatTheMapIsMadeOf) {
  const MapPtr map = make();
  const MapMembers members;
  const auto word = [&](uint64_t offset) { return view_map(*map, 3, members, offset, 4); };
  EXPECT_EQ(word(64), 1u);
  EXPECT_EQ(word(68), 8u);
  EXPECT_EQ(word(72), 12u);
  EXPECT_EQ(word(76), 77u);
  EXPECT_EQ(word(88), 1u);
  EXPECT_EQ(word(92), 3u);
  EXPECT_EQ(word(104), 0xffffffffu) << "no node of memory";
  EXPECT_EQ(view_map(*map, 3, members, 136, 8), 0x73746e756f63u) << "counts";
}

TEST(MapView, IsZeroWhereNothingIsKnownAndEndsWithTheStructure) {
  const MapPtr map = make();
  const MapMembers members;
  EXPECT_EQ(view_map(*map, 3, members, 40, 8), 0u);
  EXPECT_EQ(view_map(*map, 3, members, 288, 8), 0u);
  EXPECT_EQ(view_map(*map, 3, members, 289, 8), std::nullopt);
  EXPECT_EQ(view_map(*map, 3, members, UINT64_MAX, 1), std::nullopt);
}

TEST(MapView, ReadsPartsOfMembers) {
  const MapPtr map = make();
  EXPECT_EQ(view_map(*map, 3, {}, 138, 2), 0x6e75u);
  EXPECT_EQ(view_map(*map, 3, {}, 76, 8), 77u) << "and the low half of map_extra";
}

TEST(MapView, FollowsAnotherKernelsPlaces) {
  const MapPtr map = make();
  MapMembers members{.bytes = 100};
  members.offset.fill(MapMembers::kAbsent);
  place(members, MapMember::max_entries) = 96;
  EXPECT_EQ(view_map(*map, 3, members, 96, 4), 77u);
  EXPECT_EQ(view_map(*map, 3, members, 76, 4), 0u);
  EXPECT_EQ(view_map(*map, 3, members, 97, 4), std::nullopt);
}

}  // namespace
}  // namespace saya::interp
