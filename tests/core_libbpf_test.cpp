// libbpf judges CO-RE: for each object of tests/core/ and the types of each target, it must make the same instructions,
// or refuse as we do. libbpf creates the object's maps before it relocates, so this needs CAP_BPF, else skipped.
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdarg>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "attach/target.h"
#include "object/object.h"
#include "program/program.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"

namespace saya {
namespace {

struct Case {
  std::string object, types, name;
  friend void PrintTo(const Case& c, std::ostream* os) { *os << c.name; }
};

std::string path_of(std::string_view name) {
  return name.starts_with('/') ? std::string(name) : fmt::format("{}/bpf/tests/core/{}.o", SAYA_BINARY_DIR, name);
}

std::vector<Case> cases() {
  std::vector<Case> cases;
  for (const char* object : {"local", "refused", "kernel"})
    for (const char* types : {"local", "refused", "target_other", "target_small", "/sys/kernel/btf/vmlinux"})
      cases.push_back({object, types, fmt::format("{} for {}", object, types)});
  return cases;
}

struct Close {
  void operator()(bpf_object* object) const { bpf_object__close(object); }
};

/// What libbpf says is the only way to tell a relocation that it refuses from a program that the kernel refuses.
std::string& words() {
  static std::string words;
  return words;
}

int keep_words(libbpf_print_level, const char* format, va_list arguments) {
  char line[1024];
  const int size = vsnprintf(line, sizeof line, format, arguments);
  words() += line;
  return size;
}

/// An object that libbpf has relocated; whether the kernel took its programs does not matter.
std::unique_ptr<bpf_object, Close> relocate(const Case& c) {
  const std::string types = path_of(c.types);
  LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = types.c_str());
  words().clear();
  libbpf_set_print(keep_words);
  std::unique_ptr<bpf_object, Close> object(bpf_object__open_file(path_of(c.object).c_str(), &options));
  if (object) (void)bpf_object__load(object.get());
  return object;
}

std::vector<isa::RawInsn> code_of(bpf_object* object, const std::string& name) {
  const bpf_program* program = bpf_object__find_program_by_name(object, name.c_str());
  const auto* first = program ? reinterpret_cast<const isa::RawInsn*>(bpf_program__insns(program)) : nullptr;
  return {first, first + (program ? bpf_program__insn_cnt(program) : 0)};
}

class CoreByLibbpf : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override { SAYA_NEEDS_BPF(); }
};

TEST_P(CoreByLibbpf, IsTheSame) {
  const auto theirs = relocate(GetParam());
  ASSERT_TRUE(theirs) << words();
  const bool refused = words().find("failed to perform CO-RE relocations") != std::string::npos;
  const auto ours = object::read_file(path_of(GetParam().object));
  ASSERT_TRUE(ours) << ours.error().message;
  const auto target = attach::choose_target(path_of(GetParam().types));
  ASSERT_TRUE(target) << target.error().message;
  bool we_refuse = false;
  for (uint32_t i = 0; i < ours->functions.size(); ++i) {
    if (!ours->functions[i].entry) continue;
    const auto program = program::link(*ours, i, {}, program::Type::unspec, *target);
    we_refuse |= !program;
    EXPECT_TRUE(program || refused) << program.error().message;
    if (refused || !program) continue;
    EXPECT_EQ((*program)->code, code_of(theirs.get(), (*program)->name)) << (*program)->name;
  }
  EXPECT_EQ(we_refuse, refused) << words();
}
INSTANTIATE_TEST_SUITE_P(Libbpf, CoreByLibbpf, testing::ValuesIn(cases()), tests::case_name);

}  // namespace
}  // namespace saya
