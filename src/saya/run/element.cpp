// Numbers where numbers are meant, bytes elsewhere.
#include "run/element.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace saya::run {

std::optional<uint64_t> as_number(std::span<const std::byte> bytes) {
  if (bytes.size() != 1 && bytes.size() != 2 && bytes.size() != 4 && bytes.size() != 8) return std::nullopt;
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

std::string element_text(std::span<const std::byte> bytes) {
  const auto number = as_number(bytes);
  return number ? fmt::format("{}", *number) : to_hex(bytes, " ");
}

bool says_nothing(const Map& map, std::span<const std::byte> value) {
  if (map.spec().type == static_cast<uint32_t>(MapKind::hash)) return false;
  return std::ranges::all_of(value, [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace saya::run
