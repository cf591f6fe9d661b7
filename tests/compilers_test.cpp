// The same sources by every compiler and tool that objects come from: each object must read to the programs, maps and
// references of the one that the build makes (clang-19 -O2 -g -mcpu=v3). A tool that is missing skips its rows.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "object/object.h"
#include "support/case_name.h"

namespace saya {
namespace {

namespace fs = std::filesystem;
using object::Object;
using object::Relocation;

/// What a source asks of the way it is compiled.
enum Need : unsigned {
  kNothing = 0,
  kTypes = 1,         ///< BTF: it declares the maps, or names the members of their definitions.
  kStaticValues = 2,  ///< Data that points to something static, which bpftool does not link.
  kClang = 4,         ///< Sections, their order and wide enumerators as clang has them, helpers that gcc 12 can call.
};

/// A way to make an object; the commands end in what is read and written.
struct Way {
  const char* name;
  const char* packages;  ///< That have its programs.
  const char* compile;
  const char* finish = "";  ///< Makes the object of the compiled one, if that is not it.
  unsigned lacks = kNothing;
};

constexpr Way kWays[] = {
    {"clang 13", "clang-13", "clang-13 -target bpf -O2 -g"},
    {"clang 14", "clang-14", "clang-14 -target bpf -O2 -g"},
    {"clang 15", "clang-15", "clang-15 -target bpf -O2 -g"},
    {"clang 16", "clang-16", "clang-16 -target bpf -O2 -g"},
    {"clang 19", "clang-19", "clang-19 -target bpf -O2 -g"},
    {"O1", "clang-19", "clang-19 -target bpf -O1 -g"},
    {"cpu v1", "clang-19", "clang-19 -target bpf -O2 -g -mcpu=v1"},
    {"cpu v2", "clang-19", "clang-19 -target bpf -O2 -g -mcpu=v2"},
    {"cpu v4", "clang-19", "clang-19 -target bpf -O2 -g -mcpu=v4"},
    {"clang 13 without debug information", "clang-13", "clang-13 -target bpf -O2", "", kTypes},
    {"clang 19 without debug information", "clang-19", "clang-19 -target bpf -O2", "", kTypes},
    {"stripped of DWARF", "llvm-19", "clang-19 -target bpf -O2 -g", "llvm-strip-19 -g -o"},
    {"stripped of all", "llvm-19", "clang-19 -target bpf -O2 -g",
     "llvm-objcopy-19 --strip-debug --remove-section=.BTF --remove-section=.BTF.ext --remove-section=.rel.BTF "
     "--remove-section=.rel.BTF.ext", kTypes},
    {"linked by bpftool", "bpftool", "clang-19 -target bpf -O2 -g", "bpftool gen object", kStaticValues},
    {"linked by bpftool from clang 14", "bpftool clang-14", "clang-14 -target bpf -O2 -g", "bpftool gen object",
     kStaticValues},
    {"gcc 12", "gcc-bpf", "bpf-gcc -O1 -gbtf -mcpu=v3", "", kClang},
    {"gcc 12 without debug information", "gcc-bpf", "bpf-gcc -O1 -mcpu=v3", "", kTypes | kClang},
};

/// A file of tests/object.
struct Source {
  const char* name;
  unsigned needs = kNothing;
};
constexpr Source kSources[] = {
    {"calls"},
    {"data", kClang},
    {"legacy_elf_map", kClang},
    {"legacy_inner_by_number", kTypes | kClang},
    {"legacy_map_def", kTypes | kStaticValues | kClang},
    {"map_attributes", kTypes | kClang},
    {"maps", kTypes},
    {"maps_of_maps", kTypes | kStaticValues},
    {"static", kTypes},
    {"tail_calls", kTypes | kStaticValues}
};

struct Case {
  Way way;
  Source source;
  std::string name = fmt::format("{} {}", way.name, source.name);
  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

std::vector<Case> cases() {
  std::vector<Case> all;
  for (const Way& way : kWays)
    for (const Source& source : kSources)
      if ((way.lacks & source.needs) == 0) all.push_back({way, source});
  return all;
}

std::string_view word_of(object::Binding binding) {
  constexpr std::string_view kWords[] = {"static", "global", "weak"};
  return kWords[static_cast<size_t>(binding)];
}

std::string target_of(const Object& object, const Relocation& relocation) {
  switch (relocation.kind) {
    case Relocation::Kind::map: return "map " + object.maps[relocation.target].spec.name;
    case Relocation::Kind::data: return "data " + object.maps[relocation.target].spec.name;
    case Relocation::Kind::call: return "call " + object.functions[relocation.target].name;
    case Relocation::Kind::address: return "address " + object.functions[relocation.target].name;
    case Relocation::Kind::extern_call: return "extern call " + object.externs[relocation.target].name;
    case Relocation::Kind::extern_address: return "extern " + object.externs[relocation.target].name;
  }
  return "";
}

/// What the source says, in lines: nothing that a compiler may choose, such as the order or how often something is
/// used.
std::set<std::string> summary_of(const Object& object) {
  std::set<std::string> lines{fmt::format("license {}", object.license)};
  for (const object::Function& function : object.functions) {
    lines.insert(fmt::format("{} {} in '{}'{}", word_of(function.binding), function.name, function.section,
                             function.entry ? ", a program" : ""));
    for (const Relocation& relocation : function.relocations)
      lines.insert(
          fmt::format("{}: {}{}", function.name, target_of(object, relocation),
                      relocation.kind == Relocation::Kind::call && relocation.addend ? " beyond its start" : ""));
  }
  for (const object::MapDefinition& map : object.maps) {
    lines.insert(fmt::format("map {} type {} key {} value {} entries {} flags {:#x}{}", map.spec.name, map.spec.type,
                             map.spec.key_size, map.spec.value_size, map.spec.max_entries, map.spec.flags,
                             map.frozen ? " frozen" : ""));
    if (map.spec.inner)
      lines.insert(fmt::format("{} holds maps of type {}, {} entries", map.spec.name, map.spec.inner->type,
                               map.spec.inner->max_entries));
    for (const object::MapSlot& slot : map.maps)
      lines.insert(fmt::format("{}[{}] = {}", map.spec.name, slot.index, object.maps[slot.map].spec.name));
    for (const object::ProgramSlot& slot : map.programs)
      lines.insert(fmt::format("{}[{}] = {}", map.spec.name, slot.index, object.functions[slot.function].name));
  }
  return lines;
}

std::string differences(const std::set<std::string>& expected, const std::set<std::string>& found) {
  std::vector<std::string> missing, more;
  std::ranges::set_difference(expected, found, std::back_inserter(missing));
  std::ranges::set_difference(found, expected, std::back_inserter(more));
  return fmt::format("missing:\n  {}\nmore:\n  {}", fmt::join(missing, "\n  "), fmt::join(more, "\n  "));
}

/// Whether the machine has the program that the command begins with; true for no command.
bool has_program_of(std::string_view command) {
  const std::string_view program = command.substr(0, command.find(' '));
  return program.empty() || std::system(fmt::format("command -v {} >/dev/null", program).c_str()) == 0;
}

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Compilers : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "saya_compilers_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr) << pattern;
    folder_ = pattern;
    fs::create_directory(folder_ / "compiled");
  }
  void TearDown() override { fs::remove_all(folder_); }

  void run(const std::string& command) const {
    const fs::path words = folder_ / "words";
    ASSERT_EQ(std::system(fmt::format("{} >'{}' 2>&1", command, words.string()).c_str()), 0) << command << "\n"
                                                                                             << read(words);
  }
  /// The object of GetParam(): its name is that of the source, since maps of data are named after it.
  fs::path make() const {
    const auto& [way, source, name] = GetParam();
    const fs::path object = folder_ / fmt::format("{}.o", source.name),
                   compiled = folder_ / "compiled" / object.filename();
    run(fmt::format(
        "{} -I'{}/bpf' -idirafter /usr/include/{} -idirafter /usr/include -c '{}/tests/object/{}.bpf.c' -o '{}'",
        way.compile, SAYA_SOURCE_DIR, SAYA_MULTIARCH, SAYA_SOURCE_DIR, source.name, compiled.string()));
    if (!*way.finish) return compiled;
    const bool output_first = !std::string_view(way.finish).starts_with("llvm-objcopy");
    run(fmt::format("{} '{}' '{}'", way.finish, (output_first ? object : compiled).string(),
                    (output_first ? compiled : object).string()));
    return object;
  }

 private:
  fs::path folder_;
};

TEST_P(Compilers, AgreeOnWhatTheSourceSays) {
  const auto& [way, source, name] = GetParam();
  if (!has_program_of(way.compile) || !has_program_of(way.finish))
    GTEST_SKIP() << "nothing was compiled; runs where Debian's " << way.packages << " is installed";
  const auto expected = object::read_file(fmt::format("{}/bpf/tests/object/{}.o", SAYA_BINARY_DIR, source.name));
  ASSERT_TRUE(expected) << expected.error().message;
  const auto found = object::read_file(make().string());
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(summary_of(*found), summary_of(*expected)) << differences(summary_of(*expected), summary_of(*found));
  EXPECT_EQ(found->btf != nullptr, (way.lacks & kTypes) == 0);
}
INSTANTIATE_TEST_SUITE_P(Objects, Compilers, testing::ValuesIn(cases()), tests::case_name);

}  // namespace
}  // namespace saya
