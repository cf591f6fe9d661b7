// The file bpf_pinning: which folder a pinning number means. Read as iproute2's built-in loader reads it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/text.h"
#include "program/pins.h"

namespace saya::program {
namespace {

constexpr uint32_t kLastReserved = 2;  // PIN_NONE, PIN_OBJECT_NS, PIN_GLOBAL_NS.
constexpr size_t kLongestFolder = 1024;

std::optional<uint32_t> parse_number(std::string_view word) {
  const int base = word.starts_with("0x") || word.starts_with("0X") ? 16 : 10;
  if (base == 16) word.remove_prefix(2);
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number, base);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

bool is_plain(char c) { return c > ' ' && c <= '~'; }

/// The folder without slashes at its ends or in a row, so that a pin has one path. It stays below the mount.
Result<std::string> parse_folder(std::string_view word) {
  if (word.size() > kLongestFolder)
    return fail(Code::invalid_argument,
                fmt::format("the folder has {} characters, at most {}", word.size(), kLongestFolder));
  std::string folder;
  while (!word.empty()) {
    const std::string_view part = word.substr(0, word.find('/'));
    word.remove_prefix(std::min(part.size() + 1, word.size()));
    if (part.empty()) continue;
    if (part == "." || part == ".." || !std::ranges::all_of(part, is_plain))
      return fail(Code::invalid_argument, fmt::format("'{}' cannot be part of a folder", printable(part)));
    folder += (folder.empty() ? "" : "/") + std::string(part);
  }
  if (folder.empty()) return fail(Code::invalid_argument, "the folder has no name");
  return folder;
}

Result<> parse_line(std::string_view line, PinFolders& folders) {
  const auto words = split_words(line.substr(0, line.find('#')));
  if (words.empty()) return {};
  const auto number = parse_number(words[0]);
  if (!number || words.size() != 2)
    return fail(Code::malformed, fmt::format("'{}' is not NUMBER FOLDER", printable(line)));
  SAYA_TRY(std::string folder, parse_folder(words[1]));
  if (*number > kLastReserved) folders[*number] = std::move(folder);
  return {};
}

}  // namespace

Result<PinFolders> parse_pinning(std::string_view text) {
  PinFolders folders;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    if (auto parsed = parse_line(text.substr(0, end), folders); !parsed)
      return std::unexpected(std::move(parsed).error().at(fmt::format("line {}", number)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return folders;
}

}  // namespace saya::program
