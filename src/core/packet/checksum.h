// The Internet checksum: sums, differences and updates (RFC 1071, RFC 1624).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace saya {

/// Sums are of 16-bit words as they lie in memory, so a folded sum is stored without swapping bytes.

/// One's-complement sum of `bytes` (odd lengths padded with zero), added to `sum`; not folded.
uint32_t checksum_add(std::span<const std::byte> bytes, uint32_t sum = 0) noexcept;
/// Folds to 16 bits without complementing.
uint16_t checksum_fold(uint32_t sum) noexcept;
/// Adds two unfolded sums with end-around carry.
uint32_t checksum_combine(uint32_t a, uint32_t b) noexcept;
/// The checksum field `check` after the bytes summed in `from` were replaced by those summed in `to`.
uint16_t checksum_replace(uint16_t check, uint32_t from, uint32_t to) noexcept;

}  // namespace saya
