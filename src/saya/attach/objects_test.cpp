// What several objects of one pipeline share: pinned maps, and the programs in pinned prog arrays.
#include "attach/objects.h"

#include <gtest/gtest.h>

#include <unistd.h>
#include <cstdlib>
#include <filesystem>

#include "attach/map_programs.h"
#include "attach/tail_calls.h"
#include "map/prog_array.h"
#include "support/case_name.h"

namespace saya::attach {
namespace {

using object::MapDefinition;
using object::Pinning;
using program::Type;

MapDefinition map_of(uint32_t type, std::string name, Pinning pinning, uint32_t number = 0) {
  MapDefinition map;
  map.spec = {.name = std::move(name), .type = type, .key_size = 4, .value_size = 4, .max_entries = 4};
  map.pinning = pinning;
  map.pinning_number = number;
  return map;
}

object::Object object_of(std::string file, std::vector<MapDefinition> maps) {
  object::Object object;
  object.file = std::move(file);
  object.maps = std::move(maps);
  return object;
}

/// A program that returns 0, called `name`.
object::Function function_of(std::string name, std::string section) {
  object::Function function;
  function.name = std::move(name);
  function.section = std::move(section);
  function.entry = true;
  function.code = {{.opcode = 0xb7}, {.opcode = 0x95}};
  return function;
}

// ---- Folders of pinning numbers

/// A file of the test's own.
class PinningFile {
 public:
  explicit PinningFile(std::string_view text) {
    char name[] = "/tmp/saya-pinning-XXXXXX";
    const int fd = ::mkstemp(name);
    EXPECT_GE(fd, 0);
    EXPECT_EQ(::write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    ::close(fd);
    path = name;
  }
  ~PinningFile() { std::filesystem::remove(path); }
  std::string path;
};

struct FolderCase {
  const char* name;
  const char* text;        ///< Of the file.
  uint32_t first, second;  ///< Pinning numbers of the map in two objects.
  bool shared;
};
const FolderCase kFolders[] = {
    {"of_one_number",                  "5 shared\n",             5, 5, true },
    {"of_two_numbers_with_one_folder", "5 shared\n6 /shared/\n", 5, 6, true },
    {"of_two_folders",                 "5 a\n6 b\n",             5, 6, false},
    {"without_a_folder",               "5 a\n",                  7, 7, false},
};
class Folders : public testing::TestWithParam<FolderCase> {};
TEST_P(Folders, ShareMaps) {
  const PinningFile file(GetParam().text);
  Objects objects({}, program::default_target(), {}, file.path);
  const auto one = objects.open("1", object_of("1.o", {map_of(2, "m", Pinning::custom, GetParam().first)}));
  const auto two = objects.open("2", object_of("2.o", {map_of(2, "m", Pinning::custom, GetParam().second)}));
  ASSERT_TRUE(one && two);
  EXPECT_EQ((*one)->maps[0] == (*two)->maps[0], GetParam().shared);
}
INSTANTIATE_TEST_SUITE_P(Objects, Folders, testing::ValuesIn(kFolders), tests::case_name);

TEST(Objects, NeedNoFileOfFolders) {
  Objects objects({}, program::default_target(), {}, "/nonexistent/bpf_pinning");
  EXPECT_TRUE(objects.open("1", object_of("1.o", {map_of(2, "m", Pinning::custom, 5)})));
}

TEST(Objects, NameTheFileOfFoldersThatIsWrongWheneverItIsNeeded) {
  const PinningFile file("5 ..\n");
  Objects objects({}, program::default_target(), {}, file.path);
  EXPECT_TRUE(objects.open("0", object_of("0.o", {map_of(2, "m", Pinning::by_name, 2)}))) << "needs no folder";
  for (const char* path : {"1", "2"}) {
    const auto opened = objects.open(path, object_of("1.o", {map_of(2, "m", Pinning::custom, 5)}));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().message, file.path + ": line 1: '..' cannot be part of a folder");
  }
}

// ---- Prog arrays

/// An object whose pinned prog array holds `programs` in slots counted from `first`.
object::Object with_slots(std::string file, uint32_t first, std::vector<object::Function> programs) {
  MapDefinition jumps = map_of(3, "jumps", Pinning::by_name, 2);
  for (uint32_t i = 0; i < programs.size(); ++i) jumps.programs.push_back({first + i, i});
  object::Object object = object_of(std::move(file), {std::move(jumps)});
  object.functions = std::move(programs);
  return object;
}

std::string name_in(const OpenObject& open, uint32_t slot) {
  const auto* program = static_cast<const ProgArray&>(*open.maps[0]).at(slot);
  return program ? program->identity().name : "";
}

class SharedProgArray : public testing::Test {
 protected:
  ~SharedProgArray() override {
    for (const auto& [path, open] : objects_.all()) release_programs(open);
  }
  const OpenObject& open(object::Object object) {
    const std::string path = object.file;
    const auto opened = objects_.open(path, std::move(object));
    EXPECT_TRUE(opened) << opened.error().message;
    return **opened;
  }
  Objects objects_{{}};
};

TEST_F(SharedProgArray, HoldsWhatTheLastObjectPutThere) {
  const OpenObject& one = open(with_slots("1.o", 0, {function_of("a", "2/0"), function_of("b", "2/1")}));
  const OpenObject& two = open(with_slots("2.o", 1, {function_of("c", "2/1"), function_of("d", "2/2")}));
  ASSERT_EQ(one.maps[0], two.maps[0]);
  ASSERT_TRUE(fill_prog_arrays(one, Type::sched_cls, program::default_target()));
  EXPECT_EQ(name_in(two, 1), "b");
  ASSERT_TRUE(fill_prog_arrays(two, Type::sched_cls, program::default_target()));
  EXPECT_EQ(name_in(one, 0), "a");
  EXPECT_EQ(name_in(one, 1), "c");
  EXPECT_EQ(name_in(one, 2), "d");
  EXPECT_EQ(name_in(one, 3), "");
}

struct KindCase {
  const char* name;
  const char* first;   ///< Section of the first object's program, which is attached as sched_cls.
  const char* second;  ///< Of the second's.
  Type attached;       ///< What the second is attached as.
  std::string error;
};
const KindCase kKinds[] = {
    {"the_type_that_is_attached",     "2/0",        "2/0",    Type::sched_cls, ""                     },
    {"another_name_at_the_same_hook", "classifier", "action", Type::sched_cls, ""                     },
    {"another_hook",                  "2/0",        "2/0",    Type::xdp,
     "2.o: map 'jumps', slot 0: map 'jumps': Program array map owner types differ: 6 (obj) != 3 (pin)"},
    {"another_hook_by_its_section",   "tc",         "xdp",    Type::sched_cls,
     "2.o: map 'jumps', slot 0: map 'jumps': Program array map owner types differ: 6 (obj) != 3 (pin)"},
};
class KindsOfPrograms : public SharedProgArray, public testing::WithParamInterface<KindCase> {};
TEST_P(KindsOfPrograms, AreOneInAProgArray) {
  const OpenObject& one = open(with_slots("1.o", 0, {function_of("a", GetParam().first)}));
  const OpenObject& two = open(with_slots("2.o", 0, {function_of("b", GetParam().second)}));
  ASSERT_TRUE(fill_prog_arrays(one, Type::sched_cls, program::default_target()));
  const auto filled = fill_prog_arrays(two, GetParam().attached, program::default_target());
  EXPECT_EQ(filled ? "" : filled.error().message, GetParam().error);
  EXPECT_EQ(name_in(one, 0), GetParam().error.empty() ? "b" : "a");
}
INSTANTIATE_TEST_SUITE_P(Objects, KindsOfPrograms, testing::ValuesIn(kKinds), tests::case_name);

TEST_F(SharedProgArray, IsOfTheKindOfItsCaller) {
  const OpenObject& one = open(with_slots("1.o", 0, {function_of("a", "2/0")}));
  program::Program caller;
  caller.type = Type::xdp;
  caller.maps = one.maps;
  ASSERT_TRUE(claim_prog_arrays(caller));
  EXPECT_FALSE(fill_prog_arrays(one, Type::sched_cls, program::default_target()));
}

}  // namespace
}  // namespace saya::attach
