// Reading memory at an address that nobody vouches for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace saya::helper {

/// Copies from `address` up to the first byte that cannot be read; returns how many. Never faults. Costs a system call
/// a page, and reads nothing where that call is forbidden.
size_t peek(uint64_t address, std::span<char> to) noexcept;

}  // namespace saya::helper
