// The guides know every option that the commands have.
#include <gtest/gtest.h>
#include <stdio.h>

#include <array>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

namespace saya::tests {
namespace {

std::string help_of(const std::string& command) {
  FILE* const pipe = ::popen((SAYA_BINARY_DIR "/bin/saya " + command + " --help").c_str(), "r");
  if (!pipe) return "";
  std::string text;
  std::array<char, 4096> piece;
  while (const size_t got = ::fread(piece.data(), 1, piece.size(), pipe)) text.append(piece.data(), got);
  return ::pclose(pipe) == 0 ? text : "";
}

/// "-w", "--map", as help lists them.
std::set<std::string> options_in(const std::string& help) {
  static const std::regex kOption("(?:^|\n)  (-[a-zA-Z])?,?(--[a-z-]+)?");
  std::set<std::string> options;
  for (std::sregex_iterator at(help.begin(), help.end(), kOption), end; at != end; ++at)
    for (const size_t group : {1u, 2u})
      if ((*at)[group].matched) options.insert((*at)[group]);
  options.erase("-h");
  options.erase("--help");
  return options;
}

TEST(Guides, have_every_option_of_the_commands_that_run_programs) {
  std::ifstream file(SAYA_SOURCE_DIR "/docs/guides/running.md");
  const std::string guide{std::istreambuf_iterator<char>(file), {}};
  for (const char* command : {"run", "obj run"}) {
    const std::set<std::string> options = options_in(help_of(command));
    EXPECT_GT(options.size(), 6u) << command;
    for (const std::string& option : options) {
      EXPECT_TRUE(std::regex_search(guide, std::regex("`" + option + "[ =\\[`]"))) << command << " " << option;
    }
  }
}

}  // namespace
}  // namespace saya::tests
