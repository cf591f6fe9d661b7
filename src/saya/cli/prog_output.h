// What `bpftool prog run` prints.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "cli/obj.h"

namespace saya::cli {

/// Sixteen bytes a line: offset, the bytes in pairs, and what of them is ASCII.
std::string hex_dump(std::span<const std::byte> bytes);
/// [0,255]: bytes as bpftool's JSON has them.
Json byte_list(std::span<const std::byte> bytes);
/// JSON in the layout of `bpftool -p`: four blanks a level, the values of a list in one line.
std::string pretty(const Json& json);

}  // namespace saya::cli
