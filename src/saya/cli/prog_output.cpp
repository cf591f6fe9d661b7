// Byte for byte what bpftool 7.x prints: hex_print() of its prog.c, and the layout of its JSON writer.
#include "cli/prog_output.h"

#include <fmt/format.h>

#include <algorithm>

namespace saya::cli {
namespace {

constexpr size_t kRow = 16;

std::string dump_row(std::span<const std::byte> row) {
  std::string text;
  for (size_t i = 0; i < kRow; ++i)
    text += (i < row.size() ? fmt::format("{:02x}", row[i]) : "  ") + (i % 2 ? " " : "");
  text += "| ";
  for (size_t i = 0; i < row.size(); ++i) {
    const char c = static_cast<char>(row[i]);
    text += c < ' ' || c > '~' ? '.' : c;
    if (i == kRow / 2 - 1) text += ' ';
  }
  return text;
}

std::string line(size_t level) { return "\n" + std::string(4 * level, ' '); }

std::string pretty(const Json& json, size_t level) {
  if (!json.is_structured()) return json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string text;
  for (const auto& [name, value] : json.items()) {
    if (!text.empty()) text += ',';
    if (json.is_object())
      text += line(level + 1) + Json(name).dump(-1, ' ', false, Json::error_handler_t::replace) + ": ";
    text += pretty(value, level + 1);
  }
  if (!text.empty()) text += line(level);
  return json.is_object() ? "{" + text + "}" : "[" + text + "]";
}

}  // namespace

std::string hex_dump(std::span<const std::byte> bytes) {
  std::string text;
  for (size_t at = 0; at < bytes.size(); at += kRow)
    text += fmt::format("{:07x}\t{}\n", at, dump_row(bytes.subspan(at, std::min(kRow, bytes.size() - at))));
  return text;
}

Json byte_list(std::span<const std::byte> bytes) {
  Json list = Json::array();
  for (const std::byte byte : bytes) list.push_back(static_cast<unsigned>(byte));
  return list;
}

std::string pretty(const Json& json) { return pretty(json, 0) + "\n"; }

}  // namespace saya::cli
