// Matching words as iproute2 and bpftool do: any unambiguous beginning.
#include "cli/words.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.h"

namespace saya::cli {
namespace {

bool begins(const Command& command, std::span<const std::string> typed) {
  const auto words = split_words(command.words);
  if (typed.size() < words.size()) return false;
  for (size_t i = 0; i < words.size(); ++i)
    if (typed[i].empty() || !words[i].starts_with(typed[i])) return false;
  return true;
}

std::string all_words() {
  std::vector<std::string_view> words;
  for (const Command& command : commands()) words.push_back(command.words);
  return fmt::format("{}", fmt::join(words, ", "));
}

/// The words that were typed in place of a command's, for messages.
std::string typed_words(std::span<const std::string> arguments) {
  return fmt::format("{}", fmt::join(arguments.first(std::min<size_t>(arguments.size(), 2)), " "));
}

}  // namespace

Result<Invocation> parse_words(std::span<const std::string> arguments) {
  std::vector<std::string> words(arguments.begin(), arguments.end());
  const bool json = std::erase_if(words, [](const std::string& word) { return word == "-j" || word == "--json"; }) > 0;
  if (words.empty()) return fail(Code::invalid_argument, fmt::format("which command? there are: {}", all_words()));
  const Command* found = nullptr;
  for (const Command& command : commands()) {
    if (!begins(command, words)) continue;
    if (found)
      return fail(Code::invalid_argument,
                  fmt::format("'{}' could be '{}' or '{}'", typed_words(words), found->words, command.words));
    found = &command;
  }
  if (!found)
    return fail(Code::invalid_argument,
                fmt::format("'{}' is no command; there are: {}", typed_words(words), all_words()));
  words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(split_words(found->words).size()));
  return Invocation{*found, std::move(words), json};
}

std::string help() {
  std::string text =
      "saya runs unmodified XDP and tc BPF objects on captures.\n\n"
      "usage: saya [-j] COMMAND [ARGUMENTS]\n\n";
  for (const Command& command : commands()) text += fmt::format("  {:<10} {}\n", command.words, command.doc);
  text +=
      "\n-j, --json   output as JSON; before or after the words\n"
      "Words may be cut to any unambiguous beginning. `saya COMMAND --help` tells more.\n";
  return text;
}

std::string help(const Command& command) {
  return fmt::format("{}\n\nusage: saya {} {}\n", command.doc, command.words, command.arguments);
}

}  // namespace saya::cli
