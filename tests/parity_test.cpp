// Every program of tests/parity/*.bpf.c, run by saya and by the kernel over the same frames: verdict, bytes, context
// and maps must agree. A program is called HELPER__WORDS for the helper that it is about; if the words begin with an
// errno's name, the verdict must be its negative. A new file needs no edit here.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/kernel_errno.h"
#include "support/case_name.h"
#include "support/frames.h"
#include "support/needs_kernel.h"
#include "support/parity.h"

namespace saya::tests {
namespace {

constexpr const char* kFrames[] = {"udp4", "tcp4", "udp6", "vlan", "arp"};

std::vector<std::string> sources() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SAYA_SOURCE_DIR "/tests/parity"))
    if (const std::string file = entry.path().filename().string(); file.ends_with(".bpf.c"))
      names.push_back(file.substr(0, file.size() - std::strlen(".bpf.c")));
  std::ranges::sort(names);
  return names;
}

std::string object_of(const std::string& name) {
  return fmt::format("{}/bpf/tests/parity/{}.o", SAYA_BINARY_DIR, name);
}

/// The negative errno that a program's name promises; nothing when it promises none.
std::optional<int32_t> promised(std::string_view program) {
  const size_t words = program.find("__E");
  if (words == program.npos) return std::nullopt;
  const std::string_view name = program.substr(words + 2, program.find('_', words + 2) - words - 2);
  if (name == "ENOTSUPP") return -ENOTSUPP;
  for (int error = 1; error < 134; ++error)
    if (const char* known = strerrorname_np(error); known && name == known) return -error;
  return std::nullopt;
}

class ParityOf : public testing::TestWithParam<std::string> {};

TEST_P(ParityOf, EveryProgramRunsAsInTheKernel) {
  SAYA_NEEDS_BPF();
  const auto parity = Parity::open(object_of(GetParam()));
  ASSERT_TRUE(parity) << parity.error().message;
  for (const Parity::Program& program : (*parity)->programs())
    for (const char* frame : kFrames) {
      SCOPED_TRACE(fmt::format("{} over {}", program.name, frame));
      const TestInput input{.frame = frame_of(frame).value()};
      const auto theirs = (*parity)->run_in_kernel(program, input);
      ASSERT_TRUE(theirs) << theirs.error().message;
      const auto ours = (*parity)->run_in_saya(program, input);
      ASSERT_TRUE(ours) << ours.error().message;
      EXPECT_EQ(*ours, *theirs);
      const auto error = promised(program.name);
      if (error) {
        EXPECT_TRUE(ours->starts_with(fmt::format("verdict {}\n", *error))) << *ours;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Objects, ParityOf, testing::ValuesIn(sources()), case_name);

}  // namespace
}  // namespace saya::tests
