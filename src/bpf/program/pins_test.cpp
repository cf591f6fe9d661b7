// Pins: their paths, what makes a pinned map the wrong one, and maps that loads share through them.
#include "program/pins.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "map/host.h"
#include "map/map_of_maps.h"
#include "program/program.h"
#include "support/case_name.h"

namespace saya::program {
namespace {

using object::MapDefinition;
using object::Pinning;

constexpr const char* kDigest = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

MapDefinition array(std::string name, Pinning pinning, uint32_t entries = 4) {
  MapDefinition map;
  map.spec = {.name = std::move(name), .type = 2, .key_size = 4, .value_size = 8, .max_entries = entries};
  map.pinning = pinning;
  return map;
}

object::Object object_of(std::vector<MapDefinition> maps) {
  object::Object object;
  object.file = "made.o";
  object.digest = kDigest;
  object.maps = std::move(maps);
  return object;
}

template <class T>
std::span<const std::byte> bytes(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}

// ---- Paths

struct PathCase {
  const char* name;
  const char* map;
  Pinning pinning;
  uint32_t number;
  std::string path;  ///< Empty: not pinned.
};

const PathCase kPaths[] = {
    {"none", "m", Pinning::none, 0, ""},
    {"by_name", "m", Pinning::by_name, 2, "/bpf/tc/globals/m"},
    {"replace", "m", Pinning::replace, 16, "/bpf/tc/globals/m"},
    {"object", "m", Pinning::object, 1, fmt::format("/bpf/tc/{}/m", kDigest)},
    {"custom", "m", Pinning::custom, 5, "/bpf/my/folder/m"},
    {"custom_that_no_line_names", "m", Pinning::custom, 6, ""},
    {"a_name_longer_than_the_kernels", "a_name_of_many_characters", Pinning::by_name, 2,
     "/bpf/tc/globals/a_name_of_many_characters"},
};

class PinPath : public testing::TestWithParam<PathCase> {};
TEST_P(PinPath, IsThatOfIproute2) {
  MapDefinition map = array(GetParam().map, GetParam().pinning);
  map.pinning_number = GetParam().number;
  const auto path = pin_path(object_of({}), map, {.mount = "/bpf", .folders = {{5, "my/folder"}}});
  ASSERT_TRUE(path) << path.error().message;
  EXPECT_EQ(path->value_or(""), GetParam().path);
}
INSTANTIATE_TEST_SUITE_P(Pins, PinPath, testing::ValuesIn(kPaths), tests::case_name);

TEST(PinPaths, ForAFileNeedItsDigest) {
  object::Object object = object_of({});
  object.digest.clear();
  EXPECT_EQ(pin_path(object, array("m", Pinning::object), {}).error().code, Code::invalid_argument);
}

TEST(PinPaths, NamesThatLeaveTheFolderAreRefused) {
  const std::vector<std::string> names = {
      "", ".", "..", "../x", "a/b", "/etc/passwd", "a.b", "a b", "a\x1b[2J", "a\n", std::string(300, 'x')};
  for (const std::string& name : names)
    for (const Pinning pinning : {Pinning::by_name, Pinning::object, Pinning::replace}) {
      const auto path = pin_path(object_of({}), array(name, pinning), {});
      ASSERT_FALSE(path) << name;
      EXPECT_EQ(path.error().code, Code::invalid_argument);
      EXPECT_EQ(path.error().message.find_first_of("\x1b\n"), std::string::npos) << path.error().message;
    }
}

// ---- The file of folders

struct FileCase {
  const char* name;
  std::string text;
  PinFolders folders;
  std::string error;
};

const FileCase kFiles[] = {
    {"empty", "", {}, ""},
    {"comments", "# ID PATH\n\n  \t\n3 a # the first\n#4 b\n", {{3, "a"}}, ""},
    {"hexadecimal", "0x10 a\n", {{16, "a"}}, ""},
    {"without_a_last_newline", "3 a\n4 b", {{3, "a"}, {4, "b"}}, ""},
    {"slashes", "3 /a//b/\n", {{3, "a/b"}}, ""},
    {"the_last_line_counts", "3 a\n3 b\n", {{3, "b"}}, ""},
    {"reserved_numbers", "0 a\n1 b\n2 c\n3 d\n", {{3, "d"}}, ""},
    {"the_largest_number", "4294967295 a\n", {{UINT32_MAX, "a"}}, ""},
    {"no_folder", "3 a\n4\n", {}, "line 2: '4' is not NUMBER FOLDER"},
    {"no_number", "a 3\n", {}, "line 1: 'a 3' is not NUMBER FOLDER"},
    {"too_large_a_number", "4294967296 a\n", {}, "line 1: '4294967296 a' is not NUMBER FOLDER"},
    {"a_negative_number", "-1 a\n", {}, "line 1: '-1 a' is not NUMBER FOLDER"},
    {"three_words", "3 a b\n", {}, "line 1: '3 a b' is not NUMBER FOLDER"},
    {"upwards", "3 ../../etc\n", {}, "line 1: '..' cannot be part of a folder"},
    {"upwards_at_the_end", "3 a/..\n", {}, "line 1: '..' cannot be part of a folder"},
    {"only_slashes", "3 //\n", {}, "line 1: the folder has no name"},
    {"control_characters", "3 a\x1b[2J\n", {}, "line 1: 'a?[2J' cannot be part of a folder"},
    {"zeroes", std::string("3 a\0b\n", 6), {}, "line 1: 'a?b' cannot be part of a folder"},
    {"a_long_folder", "3 " + std::string(2000, 'x'), {}, "line 1: the folder has 2000 characters, at most 1024"},
    {"a_long_line", std::string(100000, '\x01'), {}, "line 1: '" + std::string(64, '?') + "...' is not NUMBER FOLDER"},
};

class PinningFile : public testing::TestWithParam<FileCase> {};
TEST_P(PinningFile, IsReadOrItsLineNamed) {
  const auto folders = parse_pinning(GetParam().text);
  EXPECT_EQ(folders ? "" : folders.error().message, GetParam().error);
  if (folders) {
    EXPECT_EQ(*folders, GetParam().folders);
  }
}
INSTANTIATE_TEST_SUITE_P(Pins, PinningFile, testing::ValuesIn(kFiles), tests::case_name);

// ---- Comparison

struct Mismatch {
  const char* name;
  void (*change)(MapSpec& wanted);
  std::string lines;  ///< Empty: will do.
};

MapSpec pinned_spec() {
  MapSpec spec{.name = "glob", .type = 12, .key_size = 4, .value_size = 4, .max_entries = 4, .flags = 4};
  spec.inner = std::make_shared<MapSpec>(MapSpec{.type = 2, .key_size = 4, .value_size = 8, .max_entries = 2});
  return spec;
}

MapSpec& inner_of(MapSpec& spec) {
  auto inner = std::make_shared<MapSpec>(*spec.inner);
  spec.inner = inner;
  return *inner;
}

const Mismatch kMismatches[] = {
    {"nothing",       [](MapSpec&) {},                                                                       ""                                          },
    {"btf",           [](MapSpec& s) { s.value_btf_type = 9; },                                              ""                                          },
    {"type",          [](MapSpec& s) { s.type = 13; },                                                       " - Type:         13 (obj) != 12 (pin)\n"   },
    {"key",           [](MapSpec& s) { s.key_size = 8; },                                                    " - Size key:     8 (obj) != 4 (pin)\n"     },
    {"value",         [](MapSpec& s) { s.value_size = 8; },                                                  " - Size value:   8 (obj) != 4 (pin)\n"     },
    {"entries",       [](MapSpec& s) { s.max_entries = 8; },                                                 " - Max elems:    8 (obj) != 4 (pin)\n"     },
    {"flags",         [](MapSpec& s) { s.flags = 0x84; },                                                    " - Flags:        0x84 (obj) != 0x4 (pin)\n"},
    {"no_flags",      [](MapSpec& s) { s.flags = 0; },                                                       " - Flags:        0 (obj) != 0x4 (pin)\n"   },
    {"map_extra",     [](MapSpec& s) { s.map_extra = 3; },                                                   " - Map extra:    0x3 (obj) != 0 (pin)\n"   },
    {"inner_value",   [](MapSpec& s) { inner_of(s).value_size = 4; },                                        " - Inner Size value: 4 (obj) != 8 (pin)\n" },
    {"inner_entries", [](MapSpec& s) { inner_of(s).max_entries = 3; },                                       " - Inner Max elems: 3 (obj) != 2 (pin)\n"  },
    {"all_of_it",
     [](MapSpec& s) { s = {.name = "glob", .type = 1, .key_size = 8, .value_size = 16, .max_entries = 1}; },
     " - Type:         1 (obj) != 12 (pin)\n - Size key:     8 (obj) != 4 (pin)\n"
     " - Size value:   16 (obj) != 4 (pin)\n - Max elems:    1 (obj) != 4 (pin)\n - Flags:        0 (obj) != 0x4 "
     "(pin)\n"                                                                                                                                           },
};

class PinnedMap : public testing::TestWithParam<Mismatch> {};
TEST_P(PinnedMap, IsComparedInFull) {
  MapSpec wanted = pinned_spec();
  GetParam().change(wanted);
  const auto result = check_pinned(wanted, pinned_spec());
  const std::string text = GetParam().lines.empty() ? ""
                                                    : "Map specification differs from pinned file!\n" +
                                                          GetParam().lines + "\nMap 'glob' self-check failed!";
  EXPECT_EQ(result ? "" : result.error().message, text);
}
INSTANTIATE_TEST_SUITE_P(Pins, PinnedMap, testing::ValuesIn(kMismatches), tests::case_name);

TEST(PinnedMaps, WhatLoadersAndKernelsAddIsNoDifference) {
  const MapSpec events{.name = "e", .type = 4, .key_size = 4, .value_size = 4};
  MapSpec sized = events;
  sized.max_entries = 8;
  EXPECT_TRUE(check_pinned(events, sized));
  EXPECT_FALSE(check_pinned(sized, events));
  for (const uint32_t type : {14u, 25u}) {
    const MapSpec ports{.name = "p", .type = type, .key_size = 4, .value_size = 4, .max_entries = 4};
    MapSpec read_only = ports;
    read_only.flags = kMapReadOnlyProgram;
    EXPECT_TRUE(check_pinned(ports, read_only));
  }
  MapSpec hash = pinned_spec();
  MapSpec larger = hash;
  inner_of(hash).type = inner_of(larger).type = 1;
  inner_of(larger).max_entries = 100;
  EXPECT_TRUE(check_pinned(hash, larger)) << "an inner hash may have any size";
}

// ---- The store

TEST(MemoryPins, KeepMapsByPath) {
  MemoryPins pins;
  const MapPtr first = create_map(array("a", Pinning::none).spec, {}).value();
  const MapPtr second = create_map(array("b", Pinning::none).spec, {}).value();
  EXPECT_EQ(pins.find("/x").value(), nullptr);
  ASSERT_TRUE(pins.put("/x", first));
  EXPECT_EQ(pins.put("/x", second).error().code, Code::already_exists);
  EXPECT_EQ(pins.find("/x").value(), first);
  ASSERT_TRUE(pins.replace("/x", second));
  ASSERT_TRUE(pins.replace("/a", first));
  EXPECT_EQ(pins.find("/x").value(), second);
  EXPECT_EQ(pins.list().value(), (std::vector<std::string>{"/a", "/x"}));
  ASSERT_TRUE(pins.remove("/x"));
  EXPECT_EQ(pins.remove("/x").error().code, Code::no_such_entry);
  EXPECT_EQ(pins.find("/x").value(), nullptr);
}

// ---- Loads

class Loads : public testing::Test {
 protected:
  Result<std::vector<MapPtr>> load(std::vector<MapDefinition> maps) {
    return create_maps(object_of(std::move(maps)), {.hash_key = 1}, {.store = &store_, .scheme = {}});
  }
  MemoryPins store_;
};

TEST_F(Loads, ShareAPinnedMapAndNoOther) {
  const auto first = load({array("glob", Pinning::by_name), array("own", Pinning::none)}).value();
  const auto second = load({array("own", Pinning::none), array("glob", Pinning::by_name)}).value();
  EXPECT_EQ(first[0], second[1]);
  EXPECT_NE(first[1], second[0]);
  EXPECT_EQ(store_.list().value(), std::vector<std::string>{"/sys/fs/bpf/tc/globals/glob"});
}

TEST_F(Loads, OfOneFileShareWhatIsPinnedForTheFile) {
  const auto first = load({array("m", Pinning::object)}).value();
  const auto second = load({array("m", Pinning::object), array("g", Pinning::by_name)}).value();
  EXPECT_EQ(first[0], second[0]);
  object::Object other = object_of({array("m", Pinning::object)});
  other.digest = "0";
  EXPECT_NE(create_maps(other, {}, {.store = &store_, .scheme = {}}).value()[0], first[0]);
}

TEST_F(Loads, ReplaceAMapThatWasPinned) {
  const auto first = load({array("glob", Pinning::by_name)}).value();
  const auto second = load({array("glob", Pinning::replace, 9)}).value();
  EXPECT_NE(first[0], second[0]);
  EXPECT_EQ(store_.find("/sys/fs/bpf/tc/globals/glob").value(), second[0]);
  EXPECT_EQ(load({array("glob", Pinning::by_name, 9)}).value()[0], second[0]);
}

TEST_F(Loads, RefuseAPinnedMapOfAnotherKind) {
  ASSERT_TRUE(load({array("glob", Pinning::by_name)}));
  const auto result = load({array("glob", Pinning::by_name, 8)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message,
            "made.o: map 'glob' is not the one pinned at /sys/fs/bpf/tc/globals/glob\n"
            "Map specification differs from pinned file!\n"
            " - Max elems:    8 (obj) != 4 (pin)\n"
            "\n"
            "Map 'glob' self-check failed!");
}

TEST_F(Loads, WithoutAStoreShareNothing) {
  const auto object = object_of({array("glob", Pinning::by_name)});
  EXPECT_NE(create_maps(object, {}).value()[0], create_maps(object, {}).value()[0]);
}

TEST_F(Loads, FindThePinnedNameThatIsRefused) {
  const auto result = load({array("../x", Pinning::by_name)});
  ASSERT_FALSE(result);
  EXPECT_NE(result.error().message.find("made.o: '../x' cannot be pinned"), std::string::npos)
      << result.error().message;
}

// ---- Maps of maps

MapDefinition outer(uint32_t type, uint32_t key_size, std::vector<object::MapSlot> slots) {
  MapDefinition map;
  map.spec = {.name = "outer", .type = type, .key_size = key_size, .value_size = 4, .max_entries = 8};
  map.spec.inner = std::make_shared<MapSpec>(array("outer.inner", Pinning::none).spec);
  map.maps = std::move(slots);
  return map;
}

TEST_F(Loads, FillMapsOfMapsWithMapsBeforeAndAfterThem) {
  for (const auto& [type, key_size] : {
           std::pair{12u, 4u},
           {13u, 4u},
           {13u, 7u}
  }) {
    const auto maps = load({
        array("a", Pinning::none), outer(type, key_size, {{3, 0}, {5, 2}}
            ), array("b", Pinning::none)
    });
    ASSERT_TRUE(maps) << maps.error().message;
    std::map<uint8_t, std::string> held;
    ASSERT_TRUE(as_map_of_maps(*(*maps)[1])->for_each_inner([&](std::span<const std::byte> key, const MapPtr& inner) {
      held[static_cast<uint8_t>(key[0])] = inner->spec().name;
    }));
    EXPECT_EQ(held, (std::map<uint8_t, std::string>{
                        {3, "a"},
                        {5, "b"}
    }));
  }
}

TEST_F(Loads, LeaveAPinnedMapOfMapsAsItIs) {
  MapDefinition pinned = outer(12, 4,
                               {
                                   {1, 1}
  });
  pinned.pinning = Pinning::by_name;
  const auto first = load({pinned, array("a", Pinning::none)}).value();
  const auto second = load({pinned, array("a", Pinning::none)}).value();
  EXPECT_EQ(as_map_of_maps(*second[0])->get(bytes(uint32_t{1})), first[1]);
}

struct BadSlot {
  const char* name;
  object::MapSlot slot;
  std::string error;
};
const BadSlot kBadSlots[] = {
    {"beyond",                      {8, 1}, "made.o: map 'outer': key 08 00 00 00 is beyond the limit of 8 entries"         },
    {"a_map_that_the_object_lacks", {0, 7}, "made.o: map 'outer': slot 0 cannot hold map 7"                                 },
    {"a_map_of_another_shape",
     {0, 2},
     "made.o: map 'outer': map 'b': as an inner map its max_entries must be 4, it is 9"                                     },
    {"itself",                      {0, 0}, "made.o: map 'outer': map 'outer': as an inner map its type must be 2, it is 12"},
};
class MapSlots : public testing::TestWithParam<BadSlot> {};
TEST_P(MapSlots, ThatCannotBeFilledAreNamed) {
  const auto maps = create_maps(
      object_of({outer(12, 4, {GetParam().slot}), array("a", Pinning::none), array("b", Pinning::none, 9)}), {});
  ASSERT_FALSE(maps);
  EXPECT_EQ(maps.error().message, GetParam().error);
}
INSTANTIATE_TEST_SUITE_P(Pins, MapSlots, testing::ValuesIn(kBadSlots), tests::case_name);

TEST(MapSlots, OfAnOrdinaryMapAreRefused) {
  MapDefinition plain = array("plain", Pinning::none);
  plain.maps = {
      {0, 0}
  };
  EXPECT_EQ(create_maps(object_of({plain}), {}).error().message, "made.o: map 'plain': slot 0 cannot hold map 0");
}

}  // namespace
}  // namespace saya::program
