// Externs of objects that clang made: what they are, where the configuration lies, and what BTF says afterwards.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>

#include "object/object.h"

namespace saya::object {
namespace {

using Kind = Extern::Kind;

std::string path_of(std::string_view name) { return fmt::format("{}/bpf/tests/object/{}.o", SAYA_BINARY_DIR, name); }

Object object_of(std::string_view name) {
  auto object = read_file(path_of(name));
  EXPECT_TRUE(object) << object.error().message;
  return object ? *std::move(object) : Object();
}

struct Expected {
  std::string name;
  Kind kind;
  bool weak;
  uint32_t offset = 0, size = 0;
  bool operator==(const Expected&) const = default;
  friend void PrintTo(const Expected& c, std::ostream* os) {
    *os << c.name << (c.weak ? " weak" : "") << " at " << c.offset << " size " << c.size;
  }
};

struct ExternCase {
  const char* object;
  std::vector<Expected> externs;
  friend void PrintTo(const ExternCase& c, std::ostream* os) { *os << c.object; }
};

/// The places are those that `bpftool map dump` shows of libbpf's map; program/kernel_test.cpp compares the bytes.
const ExternCase kCases[] = {
    {"kconfig",
     {{"CONFIG_HZ", Kind::config, false, 0, 8},
      {"CONFIG_IPV6", Kind::config, true, 8, 4},
      {"LINUX_KERNEL_VERSION", Kind::config, false, 12, 4},
      {"LINUX_UNKNOWN_FACT", Kind::config, true, 16, 4},
      {"CONFIG_NO_SUCH_NUMBER", Kind::config, true, 20, 2},
      {"CONFIG_BPF", Kind::config, false, 22, 1},
      {"CONFIG_NET", Kind::config, false, 23, 1},
      {"CONFIG_NO_SUCH_SWITCH", Kind::config, true, 24, 1},
      {"LINUX_HAS_BPF_COOKIE", Kind::config, false, 25, 1},
      {"CONFIG_DEFAULT_HOSTNAME", Kind::config, true, 26, 4}}},
    {"externs",
     {{"__start_BTF", Kind::variable, false},
      {"bpf_no_such_function", Kind::function, true},
      {"bpf_prog_active", Kind::variable, true},
      {"bpf_rcu_read_lock___later", Kind::function, false},
      {"no_such_address", Kind::variable, true},
      {"nowhere", Kind::variable, false},
      {"perhaps", Kind::variable, true},
      {"runqueues", Kind::variable, true}}                   },
    {"missing_function", {{"nowhere", Kind::function, false}}},
    {"maps",             {}                                  },
};

class Externs : public testing::TestWithParam<ExternCase> {};
TEST_P(Externs, AreThoseOfTheSourceInLibbpfsOrder) {
  std::vector<Expected> found;
  for (const Extern& one : object_of(GetParam().object).externs)
    found.push_back({one.name, one.kind, one.weak, one.offset, one.size});
  EXPECT_EQ(found, GetParam().externs);
}

TEST_P(Externs, AreNoneInTheBtfAnyMore) {
  const Object object = object_of(GetParam().object);
  for (uint32_t id = 1; id < object.btf->count(); ++id) {
    const btf::Type& type = object.btf->type(id);
    EXPECT_NE(type.linkage, 2u) << type.name;
    uint32_t end = 0;
    for (const btf::Member& place : type.kind == btf::Kind::data_section ? type.members : decltype(type.members){}) {
      EXPECT_EQ(object.btf->type(place.type).kind, btf::Kind::variable) << type.name;
      EXPECT_GE(place.offset, end) << type.name;
      end = place.offset + place.size;
    }
    EXPECT_LE(end, type.kind == btf::Kind::data_section ? type.size : 0) << type.name;
  }
}
INSTANTIATE_TEST_SUITE_P(Object, Externs, testing::ValuesIn(kCases));

TEST(Externs, KnowTheirTypes) {
  const Object object = object_of("externs");
  for (const Extern& one : object.externs) {
    const btf::Type& type = object.btf->type(object.btf->resolve(one.btf_type));
    if (one.name == "runqueues") {
      EXPECT_EQ(type.name, "rq");
    } else if (one.kind == Kind::function) {
      EXPECT_EQ(type.name, one.name);
    } else if (one.name == "nowhere" || one.name == "perhaps") {
      EXPECT_EQ(one.btf_type, 0u) << "not declared __ksym";
    } else {
      EXPECT_NE(one.btf_type, 0u) << one.name;
    }
  }
}

TEST(Externs, TheConfigurationIsAFrozenMapThatInstructionsPointInto) {
  const Object object = object_of("kconfig");
  ASSERT_EQ(object.maps.size(), 1u);
  const MapDefinition& map = object.maps.front();
  EXPECT_EQ(map.spec.name, "kconfig.kconfig");
  EXPECT_EQ(map.section, ".kconfig");
  EXPECT_EQ(map.spec.value_size, 30u);
  EXPECT_EQ(map.spec.flags, uint32_t{kMapReadOnlyProgram | kMapMmapable});
  EXPECT_TRUE(map.frozen);
  EXPECT_EQ(object.btf->type(map.spec.value_btf_type).name, ".kconfig");
  std::vector<int64_t> offsets;
  for (const Relocation& relocation : object.functions.front().relocations) {
    EXPECT_EQ(relocation.kind, Relocation::Kind::data);
    EXPECT_EQ(relocation.target, 0u);
    offsets.push_back(relocation.addend);
  }
  std::ranges::sort(offsets);
  EXPECT_EQ(offsets, (std::vector<int64_t>{0, 8, 12, 16, 20, 22, 23, 24, 25, 26}));
}

TEST(Externs, WithoutBtfAreKnownByTheirUse) {
  std::ifstream file(path_of("externs"), std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  for (size_t at = text.find(".BTF"); at != text.npos; at = text.find(".BTF", at)) text[at + 1] = 'X';
  const auto object = read(std::as_bytes(std::span(text)), "bare.o");
  ASSERT_TRUE(object) << object.error().message;
  EXPECT_EQ(object->btf, nullptr);
  for (const Extern& one : object->externs)
    EXPECT_EQ(one.kind == Kind::function, one.name == "bpf_no_such_function" || one.name == "bpf_rcu_read_lock___later")
        << one.name;
}

TEST(Externs, OfAnotherFileAreDefinedOnceTheTwoAreLinked) {
  const std::string linked = fmt::format("{}/linked_of_two.o", testing::TempDir());
  const auto command = fmt::format("bpftool gen object {} {} {} >/dev/null 2>&1", linked, path_of("linked_user"),
                                   path_of("linked_owner"));
  if (std::system(command.c_str()) != 0)
    GTEST_SKIP() << "no bpftool to link with: runs where the package bpftool is installed, as ./test does";
  const auto object = read_file(linked);
  std::filesystem::remove(linked);
  ASSERT_TRUE(object) << object.error().message;
  ASSERT_EQ(object->externs.size(), 1u);
  EXPECT_EQ(object->externs[0].name, "no_such_limit");
  ASSERT_EQ(object->maps.size(), 1u);
  std::vector<Relocation::Kind> kinds;
  const auto user = std::ranges::find(object->functions, "user", &Function::name);
  ASSERT_NE(user, object->functions.end());
  for (const Relocation& relocation : user->relocations) kinds.push_back(relocation.kind);
  using enum Relocation::Kind;
  EXPECT_EQ(kinds, (std::vector{extern_address, data, call}));
}

}  // namespace
}  // namespace saya::object
