// Splitting at blanks, and reading integers.
#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace saya {
namespace {

constexpr uint64_t most(unsigned bits) { return UINT64_MAX >> (64 - bits); }

}  // namespace

std::vector<std::string_view> split_words(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string_view> words;
  for (size_t at = text.find_first_not_of(kBlanks); at != text.npos; at = text.find_first_not_of(kBlanks, at)) {
    const size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

std::string printable(std::string_view text, size_t most) {
  std::string cut(text.substr(0, most));
  std::ranges::replace_if(cut, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; }, '?');
  return text.size() > most ? cut + "..." : cut;
}

bool Integer::fits(unsigned bits, bool is_signed) const noexcept {
  if (!is_signed) return (!negative || magnitude == 0) && magnitude <= most(bits);
  const uint64_t least = uint64_t{1} << (bits - 1);  // Of the negative ones, by magnitude.
  return magnitude <= (negative ? least : least - 1);
}

std::optional<Integer> parse_integer(std::string_view word) noexcept {
  Integer integer;
  integer.negative = word.starts_with('-');
  if (integer.negative) word.remove_prefix(1);
  const int base = word.starts_with("0x") || word.starts_with("0X") ? 16 : 10;
  if (base == 16) word.remove_prefix(2);
  const char* const last = word.data() + word.size();
  const auto [end, error] = std::from_chars(word.data(), last, integer.magnitude, base);
  if (error != std::errc() || end != last || word.empty()) return std::nullopt;
  if (integer.negative && !integer.fits(64, true)) return std::nullopt;
  return integer;
}

std::string range_text(unsigned bits, bool is_signed) {
  if (!is_signed) return fmt::format("0..{}", most(bits));
  const uint64_t least = uint64_t{1} << (bits - 1);
  return fmt::format("-{}..{}", least, least - 1);
}

}  // namespace saya
