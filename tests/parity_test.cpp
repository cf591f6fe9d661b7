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

struct Answers {
  std::string ours, theirs;
};

Result<Answers> ask(Parity& parity, const std::string& name, const TestInput& input) {
  for (const Parity::Program& program : parity.programs()) {
    if (program.name != name) continue;
    SAYA_TRY(std::string theirs, parity.run_in_kernel(program, input));
    SAYA_TRY(std::string ours, parity.run_in_saya(program, input));
    return Answers{std::move(ours), std::move(theirs)};
  }
  return fail(Code::no_such_entry, name);
}

/// Of `parity`, or where these differ of fresh maps: Linux 6.18 allocates timers without waiting, and for a moment may
/// have no memory for one.
Result<Answers> steady_answers(Parity& parity, const std::string& path, const std::string& name,
                               const TestInput& input) {
  constexpr int kTries = 4;
  Result<Answers> answers = ask(parity, name, input);
  for (int again = 1; again < kTries && answers && answers->ours != answers->theirs; ++again) {
    SAYA_TRY(const std::unique_ptr<Parity> fresh, Parity::open(path));
    answers = ask(*fresh, name, input);
  }
  return answers;
}

class ParityOf : public testing::TestWithParam<std::string> {};

TEST_P(ParityOf, EveryProgramRunsAsInTheKernel) {
  SAYA_NEEDS_BPF();
  const std::string path = object_of(GetParam());
  const auto parity = Parity::open(path);
  ASSERT_TRUE(parity) << parity.error().message;
  for (const Parity::Program& program : (*parity)->programs())
    for (const char* frame : kFrames) {
      SCOPED_TRACE(fmt::format("{} over {}", program.name, frame));
      const auto answers = steady_answers(**parity, path, program.name, {.frame = frame_of(frame).value()});
      ASSERT_TRUE(answers) << answers.error().message;
      EXPECT_EQ(answers->ours, answers->theirs);
      const auto error = promised(program.name);
      if (error) {
        EXPECT_TRUE(answers->ours.starts_with(fmt::format("verdict {}\n", *error))) << answers->ours;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Objects, ParityOf, testing::ValuesIn(sources()), case_name);

}  // namespace
}  // namespace saya::tests
