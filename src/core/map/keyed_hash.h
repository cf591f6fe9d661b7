// The hash of hash maps: keyed, so that nobody who does not know MapHeader::hash_key can choose colliding keys.
#pragma once

#include <cstddef>
#include <cstdint>

#include "map/words.h"

namespace saya {

/// Both halves of the 128-bit product folded into one word.
inline uint64_t fold_multiply(uint64_t a, uint64_t b) noexcept {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

/// 64 well-mixed bits of `size` bytes at `data`. One multiplication per eight bytes, and one at the end.
inline uint64_t keyed_hash(uint64_t key, const std::byte* data, size_t size) noexcept {
  constexpr uint64_t kFirst = 0x9e37'79b9'7f4a'7c15,
                     kSecond = 0xd1b5'4a32'd192'ed03;  // 2^64 over the golden ratio, ...
  const uint64_t factor = key ^ kFirst;
  uint64_t hash = key + kSecond;
  for (size_t at = 0; at < size; at += kWord) hash = fold_multiply(hash ^ private_word(data, at, size), factor);
  return fold_multiply(hash ^ size, kSecond);
}

}  // namespace saya
