// The running kernel judges what was linked: it must load, answer and tag every program as we say, and the tag must be
// the one that libbpf's own linking gets. Needs CAP_BPF, else skipped.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <ostream>

#include "base/bytes.h"
#include "kernel/load.h"
#include "kernel/running.h"
#include "program/program.h"
#include "support/linked.h"
#include "support/needs_kernel.h"

namespace saya::program {
namespace {

using tests::link_by_name;

/// A session forgives BTF that the kernel does not take. Here all of it must be taken: the types of maps, too, and a
/// type for every function.
void expect_btf_is_taken(const Program& program) {
  if (!program.btf) return;
  const auto btf = kernel::load_btf(program.btf->raw());
  ASSERT_TRUE(btf) << btf.error().message;
  for (const MapPtr& map : program.maps) {
    MapSpec spec = map->spec();
    spec.name = kernel::object_name(spec.name);
    const auto typed =
        kernel::create_map(spec, {.btf = btf->get(), .key = spec.key_btf_type, .value = spec.value_btf_type});
    EXPECT_TRUE(typed) << typed.error().message;
  }
  for (const Subprogram& subprogram : program.subprograms) EXPECT_NE(subprogram.btf_type, 0u) << subprogram.name;
}

std::string tag_of(const Fd& program) {
  const auto info = kernel::program_info(program.get());
  EXPECT_TRUE(info) << info.error().message;
  return info ? to_hex(std::as_bytes(std::span(info->tag))) : "";
}
std::string tag_of(const Program& program) { return to_hex(std::as_bytes(std::span(program.tag))); }

struct Run {
  const char* object;
  const char* program;
  uint32_t result;  ///< What the source computes for 64 zero bytes.
  friend void PrintTo(const Run& c, std::ostream* os) { *os << c.object << ": " << c.program; }
};

constexpr Run kRuns[] = {
    {"calls",                    "first",            XDP_PASS},
    {"calls",                    "second",           XDP_TX  },
    {"calls",                    "loop",             XDP_PASS},
    {"calls",                    "classify",         5       },
    {"maps",                     "count",            XDP_PASS},
    {"maps",                     "look",             0       },
    {"data",                     "sum",              XDP_PASS},
    {"static",                   "entry",            0       },
    {"static",                   "tail",             0       },
    {"sections_without_symbols", "entry",            2       },
    {"sections_without_symbols", "classifier",       1       },
    {"kconfig",                  "config",           0       },
    {"externs",                  "weak",             XDP_PASS},
    {"externs",                  "unexplained_weak", XDP_PASS},
    {"variables",                "verdict",          XDP_PASS},
};

std::string path_of(std::string_view object) {
  return fmt::format("{}/bpf/tests/object/{}.o", SAYA_BINARY_DIR, object);
}

class LinkedProgram : public testing::TestWithParam<Run> {
 protected:
  void SetUp() override { SAYA_NEEDS_BPF(); }
};

TEST_P(LinkedProgram, LoadsRunsAndIsTaggedInTheKernelAsWeSay) {
  const auto object = object::read_file(path_of(GetParam().object));
  ASSERT_TRUE(object) << object.error().message;
  const auto program = link_by_name(*object, GetParam().program);
  ASSERT_TRUE(program) << program.error().message;
  expect_btf_is_taken(**program);
  kernel::Session session;
  const auto loaded = session.load(**program);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const std::vector<std::byte> packet(64);
  const auto output = kernel::test_run(loaded->get(), {.data = packet});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->verdict, GetParam().result);
  EXPECT_EQ(tag_of(*loaded), tag_of(**program));
}
TEST_P(LinkedProgram, LoadsWithMapsMadeFromTheirDefinitions) {
  const auto object = object::read_file(path_of(GetParam().object));
  ASSERT_TRUE(object) << object.error().message;
  const auto index = object::find_program(*object, GetParam().program);
  ASSERT_TRUE(index) << index.error().message;
  const auto program = link(*object, *index, {});
  ASSERT_TRUE(program) << program.error().message;
  auto session = kernel::Session::open(*object);
  const auto loaded = session.load(**program);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const std::vector<std::byte> packet(64);
  const auto output = kernel::test_run(loaded->get(), {.data = packet});
  ASSERT_TRUE(output) << output.error().message;
  EXPECT_EQ(output->verdict, GetParam().result);
  EXPECT_EQ(tag_of(*loaded), tag_of(**program));
}
INSTANTIATE_TEST_SUITE_P(Kernel, LinkedProgram, testing::ValuesIn(kRuns));

/// Everything bpftool pinned, removed again at the end.
class Pins {
 public:
  explicit Pins(const std::string& object)
      : folder_(fmt::format("/sys/fs/bpf/saya_program_test_{}", getpid())),
        made_(std::system(fmt::format("bpftool prog loadall {0} {1} pinmaps {1}/maps >/dev/null 2>&1", object, folder_)
                              .c_str()) == 0) {}
  ~Pins() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  bool made() const { return made_; }
  /// Of a map. libbpf makes "_" of the dots in its name.
  Result<Fd> open_map(std::string_view name) const { return open(fmt::format("maps/{}", name)); }
  Result<Fd> open(std::string_view name) const { return kernel::open_pinned(fmt::format("{}/{}", folder_, name)); }

 private:
  std::string folder_;
  bool made_;
};

TEST(Kernel, TakesTheBtfOfExterns) {
  SAYA_NEEDS_BPF();
  for (const std::string_view name : {"externs", "kconfig", "missing_function", "linked_user"}) {
    const auto object = object::read_file(path_of(name));
    ASSERT_TRUE(object) << object.error().message;
    const auto btf = kernel::load_btf(object->btf->raw());
    EXPECT_TRUE(btf) << name << ": " << btf.error().message;
  }
}

TEST(Kernel, RunsProgramsThatUseItsFunctionsAndVariables) {
  SAYA_NEEDS_BPF();
  const Target target = kernel::running_target();
  if (!target.has_function("bpf_rcu_read_lock"))
    GTEST_SKIP() << "the running kernel has no function bpf_rcu_read_lock: runs on Linux 6.2 and later, with types";
  const auto object = object::read_file(path_of("kfuncs"));
  ASSERT_TRUE(object) << object.error().message;
  const uint32_t looked = target.has_variable("runqueues") ? XDP_TX : XDP_DROP;
  for (const auto& [name, result] : {
           std::pair{"locks", uint32_t{XDP_PASS}},
           {"looks", looked            }
  }) {
    const auto index = object::find_program(*object, name);
    ASSERT_TRUE(index) << index.error().message;
    const auto program = link(*object, *index, {}, Type::unspec, target);
    ASSERT_TRUE(program) << program.error().message;
    kernel::Session session = kernel::Session::open(*object);
    const auto loaded = session.load(**program);
    ASSERT_TRUE(loaded) << loaded.error().message;
    const std::vector<std::byte> packet(64);
    const auto output = kernel::test_run(loaded->get(), {.data = packet});
    ASSERT_TRUE(output) << output.error().message;
    EXPECT_EQ(output->verdict, result) << name;
  }
}

TEST(Kernel, LibbpfFillsTheConfigurationWithTheSameBytes) {
  SAYA_NEEDS_BPF();
  if (const auto config = kernel::Config::read(); !config) GTEST_SKIP() << config.error().message;
  if (std::system("bpftool version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "no bpftool to compare with: runs where the package bpftool is installed, as ./test does";
  auto object = object::read_file(path_of("kconfig"));
  ASSERT_TRUE(object) << object.error().message;
  const auto bound = bind_config(*object, kernel::running_target());
  ASSERT_TRUE(bound) << bound.error().message;
  const Pins pins(path_of("kconfig"));
  ASSERT_TRUE(pins.made());
  const auto map = pins.open_map("kconfig_kconfig");
  ASSERT_TRUE(map) << map.error().message;
  const auto value = kernel::lookup(map->get(), std::vector<std::byte>(4), object->maps[0].spec.value_size);
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_EQ(to_hex(object->maps[0].initial), to_hex(*value));
}

TEST(Kernel, LibbpfLinksTheSameInstructions) {
  SAYA_NEEDS_BPF();
  if (std::system("bpftool version >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "no bpftool to compare with: runs where the package bpftool is installed, as ./test does";
  for (const std::string_view name : {"calls", "maps", "data", "kconfig", "variables"}) {
    const auto object = object::read_file(path_of(name));
    ASSERT_TRUE(object) << object.error().message;
    const Pins pins(path_of(name));
    ASSERT_TRUE(pins.made()) << name;
    for (const object::Function& function : object->functions) {
      if (!function.entry) continue;
      const auto program = link_by_name(*object, function.name);
      ASSERT_TRUE(program) << program.error().message;
      const auto pinned = pins.open(function.name);
      ASSERT_TRUE(pinned) << pinned.error().message;
      EXPECT_EQ(tag_of(**program), tag_of(*pinned)) << function.name;
    }
  }
}

}  // namespace
}  // namespace saya::program
