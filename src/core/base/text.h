// Text cut into words, and words that are numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saya {

/// The words of `text`, which blanks, tabs and line ends separate. They borrow from it.
std::vector<std::string_view> split_words(std::string_view text);

/// `text` for a message: cut after `most` bytes, control characters replaced by '?'.
std::string printable(std::string_view text, size_t most = 64);

/// A whole number as it is written, with its sign.
struct Integer {
  bool negative = false;
  uint64_t magnitude = 0;

  /// Whether `bits` (1..64) hold it, as two's complement or without a sign.
  bool fits(unsigned bits, bool is_signed) const noexcept;
  /// Its 64 bits in two's complement.
  uint64_t bits() const noexcept { return negative ? uint64_t{0} - magnitude : magnitude; }
};
/// "17", "-3", "0x1f"; nothing for other words and for more than 64 bits.
std::optional<Integer> parse_integer(std::string_view word) noexcept;
/// "-128..127": the integers that `bits` (1..64) hold.
std::string range_text(unsigned bits, bool is_signed);

}  // namespace saya
