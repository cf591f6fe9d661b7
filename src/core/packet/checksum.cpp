// One's-complement sums over 16-bit words as they lie in memory: RFC 1071 makes the byte order of the sum that of the
// words, so a folded sum is stored as it is.
#include "packet/checksum.h"

#include <cstring>

#include "base/bytes.h"

namespace saya {
namespace {

uint32_t fold_to_32(uint64_t sum) noexcept {
  sum = (sum & 0xffffffff) + (sum >> 32);
  return static_cast<uint32_t>((sum & 0xffffffff) + (sum >> 32));
}

}  // namespace

uint32_t checksum_add(std::span<const std::byte> bytes, uint32_t sum) noexcept {
  uint64_t total = sum;
  const std::byte* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= sizeof(uint32_t); at += sizeof(uint32_t), left -= sizeof(uint32_t)) total += load<uint32_t>(at);
  if (left) {  // The last word is filled with zeroes, as x86's csum_partial() has it: the unfolded sum can be seen.
    uint32_t last = 0;
    std::memcpy(&last, at, left);
    total += last;
  }
  return fold_to_32(total);
}

uint16_t checksum_fold(uint32_t sum) noexcept {
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>((sum & 0xffff) + (sum >> 16));
}

uint32_t checksum_combine(uint32_t a, uint32_t b) noexcept { return fold_to_32(uint64_t{a} + b); }

uint16_t checksum_replace(uint16_t check, uint32_t from, uint32_t to) noexcept {
  const uint32_t without = checksum_combine(~uint32_t{check}, ~from);
  return static_cast<uint16_t>(~checksum_fold(checksum_combine(without, to)));
}

}  // namespace saya
