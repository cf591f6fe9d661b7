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

}  // namespace

Result<Input> parse_input(std::string_view word) {
  const size_t equals = word.find('=');
  const bool named = equals != word.npos && could_be_interface(word.substr(0, equals));
  Input input{std::string(named ? word.substr(0, equals) : kDefaultPort),
              std::string(named ? word.substr(equals + 1) : word)};
  if (input.file.empty()) return fail(Code::invalid_argument, fmt::format("'{}' names no capture file", word));
  return input;
}

}  // namespace saya::run
