// UTF-8 as RFC 3629 has it: shortest forms, no surrogates, up to U+10FFFF.
#include "base/terminal.h"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>

namespace saya {
namespace {

uint8_t byte_at(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

/// Bytes of the sequence that a byte begins; 0 for one that begins none.
size_t length_of(uint8_t first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return 2;
  if (first >= 0xe0 && first < 0xf0) return 3;
  return first >= 0xf0 && first < 0xf5 ? 4 : 0;
}

/// Whether the second byte makes a sequence neither longer than it need be, nor a surrogate, nor beyond U+10FFFF, nor a
/// control character.
bool fits(uint8_t first, uint8_t second) {
  if (first == 0xc2) return second >= 0xa0;
  if (first == 0xe0) return second >= 0xa0;
  if (first == 0xed) return second < 0xa0;
  if (first == 0xf0) return second >= 0x90;
  return first != 0xf4 || second < 0x90;
}

/// Bytes of the character at `at` that can be shown; 0 when there is none.
size_t shown_bytes(std::string_view text, size_t at) {
  const uint8_t first = byte_at(text, at);
  if (first < 0x80) return (first >= ' ' && first != 0x7f) || first == '\n' || first == '\t';
  const size_t length = length_of(first);
  if (length == 0 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte_at(text, at + i) & 0xc0) != 0x80) return 0;
  return fits(first, byte_at(text, at + 1)) ? length : 0;
}

}  // namespace

std::string for_terminal(std::string_view text) {
  std::string shown;
  shown.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const size_t length = shown_bytes(text, at);
    if (length)
      shown += text.substr(at, length);
    else
      shown += fmt::format("\\x{:02x}", byte_at(text, at));
    at += length ? length : 1;
  }
  return shown;
}

}  // namespace saya
