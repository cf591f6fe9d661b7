// Objects that clang made from tests/object/*.bpf.c: what is read, and that hostile changes to them do no harm.
#include "object/object.h"

#include <elf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "base/bytes.h"
#include "support/object_files.h"

namespace saya::object {
namespace {

const Function& function_of(const Object& object, std::string_view name) {
  static const Function kNone;
  const auto found = std::ranges::find(object.functions, name, &Function::name);
  EXPECT_NE(found, object.functions.end()) << name;
  return found == object.functions.end() ? kNone : *found;
}

const MapDefinition& map_of(const Object& object, std::string_view name) {
  static const MapDefinition kNone;
  const auto found = std::ranges::find(object.maps, name, [](const MapDefinition& map) { return map.spec.name; });
  EXPECT_NE(found, object.maps.end()) << name;
  return found == object.maps.end() ? kNone : *found;
}

/// "call add_three", "map flows", "data sum.data+4", "address each": what a function refers to, in order.
std::vector<std::string> references(const Object& object, const Function& function) {
  std::vector<std::string> all;
  for (const Relocation& relocation : function.relocations) {
    const auto add = relocation.addend ? fmt::format("+{}", relocation.addend) : "";
    switch (relocation.kind) {
      case Relocation::Kind::map: all.push_back("map " + object.maps[relocation.target].spec.name + add); break;
      case Relocation::Kind::data: all.push_back("data " + object.maps[relocation.target].spec.name + add); break;
      case Relocation::Kind::call: all.push_back("call " + object.functions[relocation.target].name + add); break;
      case Relocation::Kind::address: all.push_back("address " + object.functions[relocation.target].name + add); break;
      case Relocation::Kind::extern_call: all.push_back("extern call " + object.externs[relocation.target].name); break;
      case Relocation::Kind::extern_address: all.push_back("extern " + object.externs[relocation.target].name); break;
    }
  }
  return all;
}

struct References {
  const char* object;
  const char* function;
  std::vector<std::string> expected;
  friend void PrintTo(const References& c, std::ostream* os) { *os << c.object << ": " << c.function; }
};

const References kReferences[] = {
    {"maps",                     "count",        {"map counters", "map flows", "map jumps"}},
    {"maps",                     "look",         {"map flows"}                             },
    {"calls",                    "first",        {"call twice"}                            },
    {"calls",                    "second",       {"call hidden_seven"}                     },
    {"calls",                    "add_three",    {"call twice"}                            },
    {"calls",                    "hidden_seven", {"call add_three"}                        },
    {"calls",                    "loop",         {"address each"}                          },
    {"calls",                    "each",         {"call add_three"}                        },
    {"calls",                    "classify",     {"call weak_five", "call twice"}          },
    {"static",                   "tail",         {"map hidden"}                            },
    {"static",                   "entry",        {"map shown", "call tail"}                },
    {"sections_without_symbols", "entry",        {"call entry+2"}                          },
    {"sections_without_symbols", "classifier",   {}                                        },
};

class ObjectReferences : public testing::TestWithParam<References> {};
TEST_P(ObjectReferences, AreThoseOfTheSource) {
  const Object object = object_of(GetParam().object);
  EXPECT_EQ(references(object, function_of(object, GetParam().function)), GetParam().expected);
}
INSTANTIATE_TEST_SUITE_P(Object, ObjectReferences, testing::ValuesIn(kReferences));

struct MapCase {
  const char* object;
  MapSpec spec;
  bool frozen;
  friend void PrintTo(const MapCase& c, std::ostream* os) { *os << c.object << ": " << c.spec.name; }
};

MapSpec spec(std::string name, uint32_t type, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
             uint32_t flags = 0) {
  MapSpec made;
  made.name = std::move(name);
  made.type = type;
  made.key_size = key_size;
  made.value_size = value_size;
  made.max_entries = max_entries;
  made.flags = flags;
  return made;
}

const MapCase kMaps[] = {
    {"maps", spec("counters", 2, 4, 8, 4), false},
    {"maps", spec("flows", 1, 8, 24, 1024, 1), false},
    {"maps", spec("jumps", 3, 4, 4, 8), false},
    {"static", spec("hidden", 6, 4, 8, 2), false},
    {"data", spec("data.rodata", 2, 4, 12, 1, 0x480), true},
    {"data", spec("data.data", 2, 4, 16, 1, 0x400), false},
    {"data", spec("data.bss", 2, 4, 128, 1, 0x400), false},
    {"data", spec(".data.tuning", 2, 4, 4, 1, 0x400), false},
};

class ObjectMaps : public testing::TestWithParam<MapCase> {};
TEST_P(ObjectMaps, AreThoseOfTheSource) {
  const Object object = object_of(GetParam().object);
  const MapSpec& expected = GetParam().spec;
  const MapDefinition& found = map_of(object, expected.name);
  EXPECT_EQ(found.spec.type, expected.type);
  EXPECT_EQ(found.spec.key_size, expected.key_size);
  EXPECT_EQ(found.spec.value_size, expected.value_size);
  EXPECT_EQ(found.spec.max_entries, expected.max_entries);
  EXPECT_EQ(found.spec.flags, expected.flags);
  EXPECT_EQ(found.frozen, GetParam().frozen);
}
INSTANTIATE_TEST_SUITE_P(Object, ObjectMaps, testing::ValuesIn(kMaps));

TEST(Object, HasEachMapOnce) {
  EXPECT_EQ(object_of("maps").maps.size(), 3u);
  EXPECT_EQ(object_of("data").maps.size(), 4u);
  EXPECT_EQ(object_of("calls").maps.size(), 0u);
}

TEST(Object, KnowsTheTypesOfKeysAndValues) {
  const Object object = object_of("maps");
  const MapSpec& flows = map_of(object, "flows").spec;
  EXPECT_EQ(object.btf->type(object.btf->resolve(flows.key_btf_type)).name, "key");
  EXPECT_EQ(object.btf->type(flows.value_btf_type).elements, 3u);
  EXPECT_EQ(map_of(object, "jumps").spec.key_btf_type, 0u);
}

TEST(Object, InstructionsPointAtTheVariableTheyUse) {
  const Object object = object_of("data");
  const Function& sum = function_of(object, "sum");
  // Every variable's place comes from the object's own BTF, so the test does not repeat the compiler's layout.
  std::vector<std::string> expected;
  for (const std::string_view section : {".bss", ".data", ".rodata", ".data.tuning"})
    for (const btf::Member& place : object.btf->type(*object.btf->find(btf::Kind::data_section, section)).members) {
      const auto name = section == ".data.tuning" ? std::string(section) : fmt::format("data{}", section);
      expected.push_back(fmt::format("data {}{}", name, place.offset ? fmt::format("+{}", place.offset) : ""));
    }
  std::vector<std::string> used = references(object, sum);
  for (std::vector<std::string>* list : {&used, &expected}) {
    std::ranges::sort(*list);
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  EXPECT_EQ(used, expected);
}

TEST(Object, DataSectionsCarryTheirInitialBytes) {
  const Object object = object_of("data");
  EXPECT_TRUE(map_of(object, "data.bss").initial.empty()) << "all zero";
  EXPECT_EQ(map_of(object, "data.rodata").initial.size(), 12u);
  EXPECT_EQ(to_hex(map_of(object, ".data.tuning").initial), "09000000");
}

TEST(Object, TellsProgramsFromFunctions) {
  const Object object = object_of("calls");
  for (const std::string_view name : {"first", "second", "loop", "classify"})
    EXPECT_TRUE(function_of(object, name).entry) << name;
  for (const std::string_view name : {"twice", "add_three", "weak_five", "hidden_seven", "each"})
    EXPECT_FALSE(function_of(object, name).entry) << name;
  EXPECT_EQ(function_of(object, "twice").binding, Binding::local);
  EXPECT_EQ(function_of(object, "add_three").binding, Binding::global);
  EXPECT_EQ(function_of(object, "weak_five").binding, Binding::weak);
}

TEST(Object, AStaticProgramIsAProgram) {
  const Object object = object_of("static");
  EXPECT_EQ(function_of(object, "tail").binding, Binding::local);
  EXPECT_TRUE(function_of(object, "tail").entry);
}

TEST(Object, TheOnlyFunctionIsAProgramWhereverItLies) {
  EXPECT_TRUE(function_of(object_of("only_function"), "alone").entry);
  EXPECT_FALSE(function_of(object_of("odd_sections"), "rarely").entry);
}

TEST(Object, KnowsLicenceTypesAndLines) {
  const Object object = object_of("calls");
  EXPECT_EQ(object.file, "calls.o");
  EXPECT_EQ(object.license, "GPL");
  for (const Function& function : object.functions) {
    EXPECT_EQ(object.btf->type(function.btf_type).name, function.name);
    ASSERT_FALSE(function.lines.empty()) << function.name;
    EXPECT_EQ(function.lines.front().insn, 0u) << function.name;
    EXPECT_TRUE(function.lines.front().file.ends_with("calls.bpf.c"));
  }
  const Function& first = function_of(object, "first");
  EXPECT_EQ(first.lines.front().text, "int first(struct xdp_md* ctx) { return twice(1) == 2 ? XDP_PASS : XDP_DROP; }");
  EXPECT_EQ(object.btf->type(function_of(object, "hidden_seven").btf_type).linkage, 0u) << "hidden means static";
}

struct Search {
  const char* object;
  const char* word;
  const char* expected;  ///< A function's name, or part of the error.
  bool found;
  friend void PrintTo(const Search& c, std::ostream* os) { *os << c.object << ": '" << c.word << "'"; }
};

const Search kSearches[] = {
    {"calls",                    "second",    "second",                                                                             true },
    {"calls",                    "tc",        "classify",                                                                           true },
    {"calls",                    "xdp.frags", "loop",                                                                               true },
    {"calls",                    "",          "calls.o has 4 programs, name one of: first (section 'xdp'), second (section 'xdp')", false},
    {"calls",                    "xdp",       "'xdp' means 2 programs of calls.o, name one of: first (section 'xdp'), second",      false},
    {"calls",                    "twice",     "calls.o has no program or section 'twice', it has: first (section 'xdp')",           false},
    {"calls",                    ".text",     "has no program or section '.text'",                                                  false},
    {"data",                     "",          "sum",                                                                                true },
    {"sections_without_symbols", "action",    "entry",                                                                              true },
};

class FindProgram : public testing::TestWithParam<Search> {};
TEST_P(FindProgram, TakesAFunctionOrASectionOfOneProgram) {
  const Object object = object_of(GetParam().object);
  const auto index = find_program(object, GetParam().word);
  ASSERT_EQ(bool(index), GetParam().found) << (index ? "" : index.error().message);
  const std::string got = index ? object.functions[*index].name : index.error().message;
  EXPECT_NE(got.find(GetParam().expected), std::string::npos) << got;
}
INSTANTIATE_TEST_SUITE_P(Object, FindProgram, testing::ValuesIn(kSearches));

TEST(FindProgram, WithoutAWordTakesTheOnlyOneThatSuits) {
  const Object object = object_of("maps");
  const auto index = find_program(object, "", [](const Function& function) { return function.section == "tc"; });
  ASSERT_TRUE(index) << index.error().message;
  EXPECT_EQ(object.functions[*index].name, "look");
}

struct Refusal {
  const char* object;
  Code code;
  const char* message;
  friend void PrintTo(const Refusal& c, std::ostream* os) { *os << c.object; }
};

const Refusal kRefusals[] = {
    {"no_such_file", Code::no_such_entry, "no_such_file.o: cannot be opened: No such file or directory"},
};

class ObjectRefusal : public testing::TestWithParam<Refusal> {};
TEST_P(ObjectRefusal, NamesTheCause) {
  const auto object = read_file(path_of(GetParam().object));
  ASSERT_FALSE(object);
  EXPECT_EQ(object.error().code, GetParam().code);
  EXPECT_NE(object.error().message.find(GetParam().message), std::string::npos) << object.error().message;
}
INSTANTIATE_TEST_SUITE_P(Object, ObjectRefusal, testing::ValuesIn(kRefusals));

struct Change {
  const char* what;
  void (*apply)(Bytes&);
  const char* message;
  friend void PrintTo(const Change& c, std::ostream* os) { *os << c.what; }
};

Elf64_Ehdr& header_of(Bytes& bytes) { return *reinterpret_cast<Elf64_Ehdr*>(bytes.data()); }
Elf64_Shdr& section_of(Bytes& bytes, size_t index) {
  return reinterpret_cast<Elf64_Shdr*>(bytes.data() + header_of(bytes).e_shoff)[index];
}

const Change kChanges[] = {
    {"an empty file",                           [](Bytes& b) { b.clear(); },                                   "the file is empty"                            },
    {"text",                                    [](Bytes& b) { b.assign(100, std::byte{'x'}); },               "not an ELF file"                              },
    {"only a magic",                            [](Bytes& b) { b.resize(4); },                                 "the ELF header needs 64 bytes, the file has 4"},
    {"32 bits",                                 [](Bytes& b) { header_of(b).e_ident[EI_CLASS] = ELFCLASS32; }, "a 32-bit ELF file"                            },
    {"big-endian",                              [](Bytes& b) { header_of(b).e_ident[EI_DATA] = ELFDATA2MSB; }, "a big-endian object"                          },
    {"another machine",                         [](Bytes& b) { header_of(b).e_machine = EM_X86_64; },
     "compiled for machine x86-64 (62), not for BPF"                                                                                                          },
    {"an executable",                           [](Bytes& b) { header_of(b).e_type = ET_EXEC; },               "ELF type is an executable (2), must be 1"     },
    {"a section beyond the end",                [](Bytes& b) { section_of(b, 3).sh_size = 1 << 30; },
     "section 3: 1073741824 bytes at"                                                                                                                         },
    {"sections over each other",
     [](Bytes& b) {
       for (size_t i = 1; i < header_of(b).e_shnum; ++i)
         section_of(b, i).sh_offset = 0, section_of(b, i).sh_size = b.size() / 2;
     },                                                                                                        "overlaps others"                              },
    {"a section name that writes on terminals", [](Bytes& b) { rename(b, "license", "\033[2Jxyz"); },          "name offset"                                  },
    {"a licence that writes on terminals",      [](Bytes& b) { rename(b, "GPL", "\033[m"); },
     "section 'license': has control characters"                                                                                                              },
};

class ChangedObject : public testing::TestWithParam<Change> {};
TEST_P(ChangedObject, IsRefusedInOneClearSentence) {
  Bytes bytes = bytes_of("maps");
  GetParam().apply(bytes);
  const auto object = read(bytes, "changed.o");
  ASSERT_FALSE(object);
  EXPECT_TRUE(object.error().message.starts_with("changed.o: ")) << object.error().message;
  EXPECT_NE(object.error().message.find(GetParam().message), std::string::npos) << object.error().message;
}
INSTANTIATE_TEST_SUITE_P(Object, ChangedObject, testing::ValuesIn(kChanges));

TEST(Object, WithoutMapsNeedsNoBtf) {
  Bytes bytes = bytes_of("calls");
  rename(bytes, ".BTF", ".XTF");
  const auto object = read(bytes, "calls.o");
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(object->btf, nullptr);
  EXPECT_EQ(references(*object, function_of(*object, "second")), std::vector<std::string>{"call hidden_seven"});
}

TEST(Object, DirectoriesAndDevicesAreNotRead) {
  EXPECT_NE(read_file("/").error().message.find("/: is a directory"), std::string::npos);
  EXPECT_NE(read_file("/dev/zero").error().message.find("is not a regular file"), std::string::npos);
}

TEST(Object, ReadsTheSameFromTheSameBytes) {
  const Bytes bytes = bytes_of("calls");
  const auto one = read(bytes, "calls.o"), two = read(bytes, "calls.o");
  ASSERT_TRUE(one && two);
  ASSERT_EQ(one->functions.size(), two->functions.size());
  for (size_t i = 0; i < one->functions.size(); ++i) EXPECT_EQ(one->functions[i].code, two->functions[i].code);
}

TEST(Object, AProgArrayKnowsWhatItHoldsFromTheBeginning) {
  const auto object = read_file(path_of("tail_calls"));
  ASSERT_TRUE(object) << object.error().message;
  const auto stages = std::ranges::find(object->maps, "stages", [](const MapDefinition& map) { return map.spec.name; });
  ASSERT_NE(stages, object->maps.end());
  std::vector<std::pair<uint32_t, std::string>> slots;
  for (const ProgramSlot& slot : stages->programs)
    slots.emplace_back(slot.index, object->functions[slot.function].name);
  EXPECT_EQ(slots, (std::vector<std::pair<uint32_t, std::string>>{
                       {1, "count"     },
                       {3, "drop_short"}
  }));
  EXPECT_EQ(stages->spec.value_size, 4u);
}

}  // namespace
}  // namespace saya::object
