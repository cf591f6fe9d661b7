// Every program of tests/parity/*.bpf.c over what captures bring (support/judge_inputs.h): saya and the kernel leave
// the same verdict, bytes and context after each input, and the same maps in the end, or refuse an input alike.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "support/case_name.h"
#include "support/judge_inputs.h"
#include "support/needs_kernel.h"
#include "support/parity.h"

namespace saya::tests {
namespace {

/// What is not compared, and why. An empty program or input means every one.
struct Exception {
  const char* object;
  const char* program = "";
  const char* input = "";
  const char* why;
};
constexpr Exception kExceptions[] = {
    {.object = "timers", .why = "the kernel runs out of memory for timers until it has freed those of runs before"},
    {.object = "kfunc_xdp",
     .program = "bpf_xdp_pull_data__of_all",
     .why = "saya takes a larger buffer where the bytes do not fit (docs/differences.md)"},
    {.object = "skb_hash",
     .input = "gre over ipv6",
     .why = "the kernel's hash keeps four bytes of the outer source (docs/differences.md)"},
    {.object = "skb_hash",
     .input = "ipv4 in ipv6",
     .why = "the kernel's hash keeps four bytes of the outer source (docs/differences.md)"},
    {.object = "kfunc_conntrack", .why = "connections of one run are there in the next, in the kernel"},
};

const Exception* exception_for(std::string_view object, std::string_view program, std::string_view input) {
  const auto covers = [](std::string_view rule, std::string_view word) { return rule.empty() || rule == word; };
  const auto at = std::ranges::find_if(kExceptions, [&](const Exception& rule) {
    return rule.object == object && covers(rule.program, program) && covers(rule.input, input);
  });
  return at == std::end(kExceptions) ? nullptr : at;
}

std::vector<std::string> objects() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SAYA_SOURCE_DIR "/tests/parity"))
    if (const std::string file = entry.path().filename().string(); file.ends_with(".bpf.c"))
      if (!exception_for(file.substr(0, file.find('.')), "-", "-")) names.push_back(file.substr(0, file.find('.')));
  std::ranges::sort(names);
  return names;
}

std::string text_of(const Result<TestOutcome>& outcome) {
  return outcome ? to_text(*outcome) : outcome.error().message + "\n";
}

class TrafficOver : public testing::TestWithParam<std::string> {};

TEST_P(TrafficOver, EveryProgramRunsAsInTheKernel) {
  SAYA_NEEDS_BPF();
  const auto parity = Parity::open(fmt::format("{}/bpf/tests/parity/{}.o", SAYA_BINARY_DIR, GetParam()));
  ASSERT_TRUE(parity) << parity.error().message;
  for (const Parity::Program& program : (*parity)->programs()) {
    for (const NamedInput& input : judge_inputs(*program::hook_of(program.type))) {
      if (exception_for(GetParam(), program.name, input.name)) continue;
      const std::string theirs = text_of((*parity)->outcome_in_kernel(program, input.input));
      ASSERT_EQ(text_of((*parity)->outcome_in_saya(program, input.input)), theirs)
          << program.name << " over " << input.name;
    }
    EXPECT_EQ((*parity)->maps_in_saya().value(), (*parity)->maps_in_kernel().value()) << program.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Objects, TrafficOver, testing::ValuesIn(objects()), case_name);

}  // namespace
}  // namespace saya::tests
