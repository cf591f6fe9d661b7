// What is read from the map definitions of every convention, as rows: one line of text says all about a map.
#include <fmt/format.h>

#include <filesystem>
#include <ostream>

#include "support/case_name.h"
#include "support/object_files.h"

namespace saya::object {
namespace {

std::string describe(const MapSpec& spec) {
  std::string text = fmt::format("type {} key {} value {} max {} flags {:#x}", spec.type, spec.key_size,
                                 spec.value_size, spec.max_entries, spec.flags);
  if (spec.numa_node) text += fmt::format(" node {}", spec.numa_node);
  if (spec.map_extra) text += fmt::format(" extra {:#x}", spec.map_extra);
  return text;
}

std::string describe(const Object& object, const MapDefinition& map) {
  constexpr std::string_view kPinnings[] = {"none", "by_name", "object", "replace", "custom"};
  std::string text = describe(map.spec);
  if (map.id) text += fmt::format(" id {}", map.id);
  if (map.pinning_number)
    text += fmt::format(" pinned {} {}", map.pinning_number, kPinnings[static_cast<size_t>(map.pinning)]);
  for (const ProgramSlot& slot : map.programs)
    text += fmt::format(" [{}]={}", slot.index, object.functions[slot.function].name);
  for (const MapSlot& slot : map.maps) text += fmt::format(" [{}]={}", slot.index, object.maps[slot.map].spec.name);
  if (map.spec.inner) text += fmt::format(" of {{{} {}}}", map.spec.inner->name, describe(*map.spec.inner));
  return text;
}

struct Row {
  const char* object;
  const char* map;
  const char* expected;
  const char* without_btf = "";  ///< What the order of the words alone says, where that is another question.
  friend void PrintTo(const Row& row, std::ostream* os) { *os << row.object << ": " << row.map; }
};

// clang-format off
const Row kRows[] = {
    {"map_attributes", "through_a_typedef", "type 1 key 4 value 8 max 3 flags 0x0"},
    {"map_attributes", "weak_map", "type 1 key 4 value 8 max 3 flags 0x0"},
    {"map_attributes", "on_a_node", "type 1 key 4 value 16 max 3 flags 0x4 node 2"},
    {"map_attributes", "bloom", "type 30 key 0 value 4 max 1000 flags 0x0 extra 0x3"},
    {"map_attributes", "arena", "type 33 key 0 value 0 max 10 flags 0x400 extra 0x123400000000"},
    {"map_attributes", "rounded_up", "type 27 key 0 value 0 max 8192 flags 0x0"},
    {"map_attributes", "events", "type 4 key 4 value 4 max 0 flags 0x0"},
    {"map_attributes", "not_pinned", "type 2 key 4 value 4 max 1 flags 0x0"},
    {"map_attributes", "by_name", "type 2 key 4 value 4 max 1 flags 0x0 pinned 1 by_name"},
    {"map_attributes", "global", "type 2 key 4 value 4 max 1 flags 0x0 pinned 2 by_name"},
    {"map_attributes", "replaced", "type 2 key 4 value 4 max 1 flags 0x0 pinned 16 replace"},
    {"map_attributes", "elsewhere", "type 2 key 4 value 4 max 1 flags 0x0 pinned 42 custom"},
    {"map_attributes", "by_value", "type 9 key 4 value 8 max 77 flags 0x0"},
    {"map_attributes", "other_names", "type 2 key 4 value 4 max 0 flags 0x0"},
    {"maps_of_maps", "by_parity", "type 12 key 4 value 4 max 4 flags 0x0 [1]=odd [2]=even "
                                  "of {by_parity.inner type 1 key 4 value 8 max 16 flags 0x1}"},
    {"maps_of_maps", "empty", "type 13 key 4 value 4 max 4 flags 0x0 of {empty.inner type 2 key 4 value 12 max 2 flags 0x0}"},
    {"maps_of_maps", "by_key", "type 13 key 4 value 4 max 2 flags 0x0 [9]=odd "
                               "of {by_key.inner type 1 key 4 value 8 max 16 flags 0x1}"},
    {"maps_of_maps", "without_template", "type 12 key 4 value 4 max 4 flags 0x0"},
    {"mixed_maps", "stages", "type 3 key 4 value 4 max 2 flags 0x0 id 3 pinned 2 by_name [1]=second"},
    {"mixed_maps", "counters", "type 6 key 4 value 8 max 2 flags 0x0"},
    {"legacy_elf_map", "jumps", "type 3 key 4 value 4 max 8 flags 0x0 id 2 "
                                "[0]=decimal [3]=octal_and_hexadecimal [1]=with_more_behind [4]=first_of_two"},
    {"legacy_elf_map", "no_id", "type 3 key 4 value 4 max 2 flags 0x0 [1]=of_the_map_without_an_id"},
    {"legacy_elf_map", "flows", "type 1 key 8 value 8 max 64 flags 0x1 pinned 1 object"},
    {"legacy_elf_map", "shared", "type 2 key 4 value 4 max 1 flags 0x0 pinned 2 by_name"},
    {"legacy_elf_map", "of_a_folder", "type 2 key 4 value 4 max 1 flags 0x0 pinned 7 custom"},
    {"legacy_elf_map", "first_inner", "type 2 key 4 value 8 max 2 flags 0x0 id 7"},
    {"legacy_elf_map", "outer", "type 12 key 4 value 4 max 4 flags 0x0 [1]=first_inner [3]=second_inner "
                                "of {first_inner type 2 key 4 value 8 max 2 flags 0x0}"},
    {"legacy_elf_map", "other_outer", "type 13 key 4 value 4 max 4 flags 0x0 of {only_a_template type 2 key 4 value 4 max 5 flags 0x0}"},
    {"legacy_elf_map", "hidden", "type 1 key 4 value 4 max 9 flags 0x0"},
    {"legacy_map_def", "four", "type 2 key 4 value 8 max 16 flags 0x0"},
    {"legacy_map_def", "five", "type 1 key 4 value 8 max 16 flags 0x1"},
    {"legacy_map_def", "samples", "type 1 key 4 value 8 max 16 flags 0x4 node 3",
                                  "type 1 key 4 value 8 max 16 flags 0x4 pinned 3 custom"},
    {"legacy_map_def", "pinned", "type 1 key 4 value 8 max 16 flags 0x0 pinned 2 by_name",
                                 "type 1 key 4 value 8 max 16 flags 0x0 id 2"},
    {"legacy_map_def", "old", "type 1 key 4 value 8 max 16 flags 0x0 id 5 pinned 16 replace"},
    {"legacy_map_def", "gobpf", "type 1 key 4 value 8 max 16 flags 0x0 pinned 2 by_name"},
    {"legacy_map_def", "goebpf", "type 1 key 4 value 8 max 16 flags 0x1"},
    {"legacy_map_def", "longer", "type 1 key 4 value 8 max 16 flags 0x0 id 6 pinned 7 custom"},
    {"legacy_map_def", "wide", "type 1 key 4 value 8 max 16 flags 0x0",
                               "type 1 key 524292 value 16 max 0 flags 0x0"},
    {"legacy_inner_by_number", "by_number", "type 13 key 4 value 4 max 2 flags 0x0 of {ports type 2 key 4 value 4 max 7 flags 0x0}",
                                            "type 13 key 4 value 4 max 2 flags 0x0"},
    {"legacy_inner_by_pointer", "by_pointer", "type 12 key 4 value 4 max 2 flags 0x0 "
                                              "of {pattern type 1 key 8 value 4 max 7 flags 0x0}"},
    {"odd_sections", ".data.own", "type 2 key 4 value 4 max 1 flags 0x400"},
    {"odd_sections", ".data.hidden", "type 2 key 4 value 4 max 1 flags 0x400"},
    {"odd_sections", ".data.rel.ro", "type 2 key 4 value 4 max 1 flags 0x400"},
    {"odd_sections", "odd_sect.data", "type 2 key 4 value 16 max 1 flags 0x400"},
    {"odd_sections", "odd_sect.rodata", "type 2 key 4 value 8 max 1 flags 0x480"},
    {"odd_sections", ".rodata.cst16", "type 2 key 4 value 16 max 1 flags 0x480"},
    {"odd_sections", ".rodata.str1.1", "type 2 key 4 value 8 max 1 flags 0x480"},
};
// clang-format on

const MapDefinition* find(const Object& object, std::string_view name) {
  const auto found = std::ranges::find(object.maps, name, [](const MapDefinition& map) { return map.spec.name; });
  return found == object.maps.end() ? nullptr : &*found;
}

std::string description_in(const Result<Object>& object, std::string_view name) {
  if (!object) return object.error().message;
  const MapDefinition* map = find(*object, name);
  return map ? describe(*object, *map) : "no such map";
}

class MapRows : public testing::TestWithParam<Row> {};
TEST_P(MapRows, SayWhatTheSourceSays) {
  const Row& row = GetParam();
  EXPECT_EQ(description_in(read_file(path_of(row.object)), row.map), row.expected);
}
TEST_P(MapRows, SayTheSameWithoutBtfWhereItIsNotNeeded) {
  const Row& row = GetParam();
  const auto object = read(without_btf(row.object), path_of(row.object));
  const MapDefinition* const map = object ? find(*object, row.map) : nullptr;
  if (map && map->section == ".maps") {
    const auto described = check_described(*map);
    ASSERT_FALSE(described);
    EXPECT_TRUE(described.error().message.starts_with("the object does not say what it is"))
        << described.error().message;
    return;
  }
  EXPECT_EQ(description_in(object, row.map), *row.without_btf ? row.without_btf : row.expected);
}
INSTANTIATE_TEST_SUITE_P(Object, MapRows, testing::ValuesIn(kRows));

TEST(MapTypes, AreKnownByAnnotationIfTheyFit) {
  const Object object = object_of("legacy_elf_map");
  const MapSpec& flows = find(object, "flows")->spec;
  EXPECT_EQ(object.btf->type(object.btf->resolve(flows.key_btf_type)).name, "flow");
  EXPECT_EQ(object.btf->size_of(flows.value_btf_type), 8u);
  EXPECT_EQ(find(object, "shared")->spec.value_btf_type, 0u) << "its annotation has another size";
  EXPECT_EQ(object.maps.size(), 11u) << "annotations are no maps";
}

TEST(MapPinning, ByObjectNeedsTheDigestOfTheFile) {
  EXPECT_EQ(object_of("legacy_elf_map").digest.size(), 40u);
  EXPECT_EQ(object_of("map_attributes").digest, "");
  // "abc" has a digest that every text about SHA-1 prints; the file's own is compared with sha1sum's in a pipe.
  FILE* pipe = popen(fmt::format("sha1sum '{}'", path_of("legacy_elf_map")).c_str(), "r");
  ASSERT_TRUE(pipe);
  char text[41] = {};
  EXPECT_EQ(fread(text, 1, 40, pipe), 40u);
  pclose(pipe);
  EXPECT_EQ(object_of("legacy_elf_map").digest, text);
}

struct Refusal {
  const char* object;
  const char* message;
  friend void PrintTo(const Refusal& row, std::ostream* os) { *os << row.object; }
};
// clang-format off
const Refusal kRefusals[] = {
    {"unknown_attribute", "unknown_attribute.o: map 'painted': attribute 'colour': is no attribute of maps"},
    {"inner_pinned", "map 'outer': attribute 'values': attribute 'pinning': is not possible in the definition of an inner map"},
    {"common_symbol", "section 'xdp', offset 0x0: symbol 'tentative': is a common symbol, without a section; compile with -fno-common"},
    {"slot_beyond", "section '.maps', offset 0x60: map 'stages': slot 9 has a program, max_entries is 4"},
    {"values_in_hash", "map 'stages': attribute 'values': is for prog arrays and maps of maps, but the type is hash"},
    {"legacy_ragged", "section 'maps': map 'six' is at offset 0x10, but 2 maps in 40 bytes have 20 each"},
    {"legacy_unknown_member", "section 'maps': map 'painted': member 'colour': is not known, and not zero"},
    {"legacy_no_inner", "section 'maps': map 'outer': inner map with ID 12 not found"},
    {"tail_slot_beyond", "section '1/4': map 'jumps': slot 4 has a program, max_entries is 4"},
};
// clang-format on

TEST(Object, AMapOfAnotherObjectIsAnExtern) {
  const Object object = object_of("extern_map");
  EXPECT_EQ(object.maps.size(), 1u);
  ASSERT_EQ(object.externs.size(), 1u);
  EXPECT_EQ(object.externs.front().name, "elsewhere");
}

class MapRefusals : public testing::TestWithParam<Refusal> {};
TEST_P(MapRefusals, NameSectionMapAndCause) {
  const auto object = read_file(path_of(GetParam().object));
  ASSERT_FALSE(object);
  EXPECT_NE(object.error().message.find(GetParam().message), std::string::npos) << object.error().message;
}
INSTANTIATE_TEST_SUITE_P(Object, MapRefusals, testing::ValuesIn(kRefusals));

TEST(MapRefusals, WithoutNamesOnlyTheTailOfALongDefinitionCounts) {
  const auto object = read(without_btf("legacy_unknown_member"), "long.o");
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().message,
            "long.o: section 'maps': map 'painted': a definition of 40 bytes, those from 36 on must be zero");
}

struct Example {
  const char* name;
  const char* map;
  const char* expected;
  ptrdiff_t programs;
  friend void PrintTo(const Example& row, std::ostream* os) { *os << row.name << ": " << row.map; }
};
// clang-format off
const Example kExamples[] = {
    {"bpf_cyclic", "jmp_tc", "type 3 key 4 value 4 max 1 flags 0x0 id 11259066 pinned 1 object [0]=cls_loop", 2},
    {"bpf_graft", "jmp_tc", "type 3 key 4 value 4 max 1 flags 0x0 pinned 2 by_name", 3},
    {"bpf_map_in_map", "map_inner", "type 2 key 4 value 4 max 1 flags 0x0 id 42 pinned 2 by_name", 2},
    {"bpf_map_in_map", "map_outer", "type 12 key 4 value 4 max 1 flags 0x0 pinned 2 by_name [0]=map_inner "
                                    "of {map_inner type 2 key 4 value 4 max 1 flags 0x0}", 2},
    {"bpf_shared", "map_sh", "type 2 key 4 value 4 max 1 flags 0x0 pinned 1 object", 2},
    {"bpf_tailcall", "jmp_tc", "type 3 key 4 value 4 max 2 flags 0x0 id 42 pinned 1 object [0]=cls_case1 [1]=cls_case2", 4},
    {"bpf_tailcall", "jmp_ex", "type 3 key 4 value 4 max 1 flags 0x0 id 43 pinned 1 object [0]=cls_exit", 4},
    {"bpf_tailcall", "map_sh", "type 2 key 4 value 4 max 1 flags 0x0 pinned 1 object", 4},
};
// clang-format on

class Iproute2Examples : public testing::TestWithParam<Example> {};
TEST_P(Iproute2Examples, ReadWithAndWithoutBtf) {
  if (!std::filesystem::exists(path_of("iproute2/bpf_cyclic")))
    GTEST_SKIP() << "no examples were compiled: runs where the package iproute2-doc is installed";
  for (const char* variant : {"", ".bare"}) {
    const auto object = read_file(path_of(fmt::format("iproute2/{}{}", GetParam().name, variant)));
    EXPECT_EQ(description_in(object, GetParam().map), GetParam().expected) << variant;
    ASSERT_TRUE(object);
    EXPECT_EQ(std::ranges::count(object->functions, true, &Function::entry), GetParam().programs);
  }
}
INSTANTIATE_TEST_SUITE_P(Object, Iproute2Examples, testing::ValuesIn(kExamples));

}  // namespace
}  // namespace saya::object
