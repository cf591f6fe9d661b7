// Hexadecimal text in both directions.
#include "base/bytes.h"

#include <fmt/format.h>

namespace saya {
namespace {

/// 0..15, or -1 for what is not a hexadecimal digit.
int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  for (const char c : text) shown += c >= ' ' && c <= '~' ? std::string(1, c) : fmt::format("\\x{:02x}", uint8_t(c));
  return shown;
}

std::string to_hex(std::span<const std::byte> bytes, std::string_view separator) {
  std::string text;
  for (const std::byte byte : bytes) {
    if (!text.empty()) text += separator;
    text += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  }
  return text;
}

Result<std::vector<std::byte>> from_hex(std::string_view text) {
  std::vector<std::byte> bytes;
  for (size_t at = 0; at < text.size();) {
    if (is_blank(text[at])) {
      ++at;
      continue;
    }
    if (text.substr(at, 2) == "0x") at += 2;
    const int high = at < text.size() ? digit(text[at]) : -1;
    const int low = at + 1 < text.size() ? digit(text[at + 1]) : -1;
    if (high < 0 || low < 0) {
      const std::string_view odd = text.substr(at, at + 1 < text.size() && is_blank(text[at + 1]) ? 1 : 2);
      return fail(Code::invalid_argument,
                  fmt::format("'{}' at position {} is not a hexadecimal byte", printable(odd), at));
    }
    bytes.push_back(static_cast<std::byte>(high * 16 + low));
    at += 2;
  }
  return bytes;
}

}  // namespace saya
