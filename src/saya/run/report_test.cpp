// What the report must not leave out, and what it must survive.
#include "run/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "map/host.h"
#include "map/map_of_maps.h"

namespace saya::run {
namespace {

using nlohmann::json;

/// A map of 4-byte keys and values in which element 1 is zero.
MapPtr map_with_a_zero(MapKind kind, std::string name) {
  const MapSpec spec{
      .name = std::move(name), .type = static_cast<uint32_t>(kind), .key_size = 4, .value_size = 4, .max_entries = 4};
  MapPtr map = *create_map(spec, {.nr_cpus = 1, .hash_key = 1});
  const uint32_t key = 1, zero = 0;
  EXPECT_TRUE(host_update(*map, std::as_bytes(std::span(&key, 1)), std::as_bytes(std::span(&zero, 1))));
  return map;
}

TEST(Report, shows_a_hash_element_that_is_zero_but_no_zero_of_an_array) {
  Report report;
  report.maps = {map_with_a_zero(MapKind::hash, "seen"), map_with_a_zero(MapKind::array, "slots")};
  const json maps = json::parse(to_json(report))["maps"];
  EXPECT_EQ(maps[0]["entries"], json::parse(R"([{"key": 1, "value": 0}])"));
  EXPECT_EQ(maps[1]["entries"], json::array());
  const std::string text = to_text(report);
  EXPECT_NE(text.find("MAP seen (hash, 4 entries at most)\n  1: 0\n"), text.npos) << text;
  EXPECT_EQ(text.find("slots"), text.npos) << text;
}

TEST(Report, names_the_inner_maps_of_a_map_of_maps) {
  const MapPtr inner = map_with_a_zero(MapKind::array, "inner");
  MapSpec spec{.name = "outer", .type = 12, .key_size = 4, .value_size = 4, .max_entries = 20};
  spec.inner = std::make_shared<MapSpec>(inner->spec());
  const MapPtr outer = create_map(spec, {}).value();
  for (const uint32_t key : {3u, 5u})
    ASSERT_TRUE(as_map_of_maps(*outer)->set(std::as_bytes(std::span(&key, 1)), inner));
  Report report;
  report.maps = {outer};
  EXPECT_EQ(json::parse(to_json(report))["maps"][0]["entries"],
            json::parse(R"([{"key": 3, "map": "inner"}, {"key": 5, "map": "inner"}])"));
  const std::string text = to_text(report);
  EXPECT_NE(text.find("MAP outer (array_of_maps, 20 entries at most)\n  3: map inner\n  5: map inner\n"), text.npos)
      << text;
}

TEST(Report, is_json_whatever_bytes_a_name_has) {
  Report report;
  report.hooks.emplace_back().program = "a\xff";
  EXPECT_EQ(json::parse(to_json(report))["hooks"][0]["program"], "a\xef\xbf\xbd");
}

TEST(Report, says_how_many_frames_a_capture_had_cut) {
  Report report{.packets = 3, .cut_frames = 2};
  EXPECT_EQ(json::parse(to_json(report))["cut_frames"], 2);
  EXPECT_NE(to_text(report).find("2 of them were cut when they were captured"), std::string::npos);
  report.cut_frames = 0;
  EXPECT_EQ(to_text(report).find("cut"), std::string::npos);
}

TEST(Report, lets_more_members_stand_between_its_parts) {
  const JsonParts parts = to_json_parts({.packets = 3, .ended_early = "torn"});
  const json whole = json::parse(parts.before + ",\n  \"trail\": []" + parts.after);
  EXPECT_EQ(whole["packets"], 3);
  EXPECT_EQ(whole["trail"], json::array());
  EXPECT_EQ(whole["error"], "torn");
}

}  // namespace
}  // namespace saya::run
