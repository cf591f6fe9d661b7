// Map elements as people see them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "map/map.h"

namespace saya::run {

/// A key or value of 1, 2, 4 or 8 bytes is a number to people; others are bytes.
std::optional<uint64_t> as_number(std::span<const std::byte> bytes);
/// The number, or the bytes in hexadecimal.
std::string element_text(std::span<const std::byte> bytes);
/// Whether an element is no news: an array is born full of zeroes. In a hash a program put every element there.
bool says_nothing(const Map& map, std::span<const std::byte> value);

}  // namespace saya::run
