// Runs tests/insn/*.insn: assembly over a piece of memory, and what r0 must be or why the program must be stopped.
//
//   # Anything before the first section is a comment.
//   -- asm            the program, in the syntax of isa::assemble(): r1 = memory, r2 = its length
//   -- mem            the memory in hexadecimal; none when missing
//   -- r0 | -- fault  the result, or words of the fault
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "helper/table.h"
#include "interp/interp.h"
#include "support/case_name.h"

namespace saya {
namespace {

using Sections = std::map<std::string, std::string>;

Sections read_sections(const std::filesystem::path& path) {
  Sections sections;
  std::string* current = nullptr;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("-- "))
      current = &sections[line.substr(3)];
    else if (current)
      *current += line + '\n';
  }
  return sections;
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

Result<uint64_t> run(const Sections& sections) {
  SAYA_TRY(auto code, isa::assemble(sections.at("asm"), {helper::name_of}));
  SAYA_TRY(auto memory, from_hex(sections.contains("mem") ? trimmed(sections.at("mem")) : ""));
  const VirtualClock clock(1'000'000'000);
  abi::Random random(1);
  const abi::Services services{.clock = &clock, .random = &random};
  const auto program = program::from_code("case", std::move(code), program::Type::unspec);
  return interp::run_on_memory(program, helper::table(), memory, services);
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(SAYA_SOURCE_DIR "/tests/insn"))
    if (entry.path().extension() == ".insn") names.push_back(entry.path().stem());
  std::ranges::sort(names);
  return names;
}

class Insn : public testing::TestWithParam<std::string> {};

TEST_P(Insn, RunsAsTheFileSays) {
  const Sections sections = read_sections(fmt::format("{}/tests/insn/{}.insn", SAYA_SOURCE_DIR, GetParam()));
  ASSERT_TRUE(sections.contains("asm")) << "the file has no '-- asm'";
  ASSERT_NE(sections.contains("r0"), sections.contains("fault")) << "the file needs '-- r0' or '-- fault'";
  const auto got = run(sections);
  if (sections.contains("fault")) {
    ASSERT_FALSE(got) << "r0 = " << *got;
    EXPECT_NE(got.error().message.find(trimmed(sections.at("fault"))), std::string::npos) << got.error().message;
    return;
  }
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_EQ(fmt::format("{:#x}", *got), trimmed(sections.at("r0")));
}

INSTANTIATE_TEST_SUITE_P(Cases, Insn, testing::ValuesIn(case_names()), tests::case_name);

}  // namespace
}  // namespace saya
