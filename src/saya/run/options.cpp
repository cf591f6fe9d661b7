// The words that name a capture.
#include "run/options.h"

#include <fmt/format.h>

#include <algorithm>

namespace saya::run {
namespace {

constexpr size_t kLongestName = 15;  // IFNAMSIZ without the NUL.

bool could_be_interface(std::string_view name) {
  const auto plain = [](char c) { return c > ' ' && c < 0x7f; };  // Also what JSON and terminals can take.
  return !name.empty() && name.size() <= kLongestName && name.find_first_of("/.:") == name.npos &&
         std::ranges::all_of(name, plain);
}

constexpr std::string_view kSelectionNames[] = {"before", "after", "dropped"};
static_assert(std::size(kSelectionNames) == kSelections);

}  // namespace

std::string_view to_string(Selection selection) noexcept { return kSelectionNames[static_cast<size_t>(selection)]; }

Result<Output> parse_output(std::string_view word) {
  Output output{.file = std::string(word)};
  const auto* const name = std::ranges::find(kSelectionNames, word.substr(0, word.find('=')));
  if (word.contains('=') && name != std::end(kSelectionNames)) {
    output.selection = static_cast<Selection>(name - std::begin(kSelectionNames));
    output.file = word.substr(name->size() + 1);
  }
  if (output.file.empty()) return fail(Code::invalid_argument, fmt::format("-w '{}' names no file", word));
  return output;
}

Result<Input> parse_input(std::string_view word) {
  const size_t equals = word.find('=');
  const bool named = equals != word.npos && could_be_interface(word.substr(0, equals));
  Input input{std::string(named ? word.substr(0, equals) : kDefaultPort),
              std::string(named ? word.substr(equals + 1) : word)};
  if (input.file.empty()) return fail(Code::invalid_argument, fmt::format("'{}' names no capture file", word));
  return input;
}

}  // namespace saya::run
