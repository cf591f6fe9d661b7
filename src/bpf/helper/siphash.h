// SipHash-2-4 (Aumasson, Bernstein: "SipHash: a fast short-input PRF", 2012).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace saya::helper {

using SipKey = std::array<uint64_t, 2>;

/// The four words of state.
class SipState {
 public:
  explicit SipState(const SipKey& key) noexcept
      : v_{key[0] ^ 0x736f'6d65'7073'6575, key[1] ^ 0x646f'7261'6e64'6f6d, key[0] ^ 0x6c79'6765'6e65'7261,
           key[1] ^ 0x7465'6462'7974'6573} {}
  void absorb(uint64_t word) noexcept {
    v_[3] ^= word;
    round();
    round();
    v_[0] ^= word;
  }
  uint64_t finish() noexcept {
    v_[2] ^= 0xff;
    for (int i = 0; i < 4; ++i) round();
    return v_[0] ^ v_[1] ^ v_[2] ^ v_[3];
  }

 private:
  void half(size_t a, size_t b, size_t c, size_t d, int left, int right) noexcept {
    v_[a] += v_[b];
    v_[b] = std::rotl(v_[b], left) ^ v_[a];
    v_[a] = std::rotl(v_[a], 32);
    v_[c] += v_[d];
    v_[d] = std::rotl(v_[d], right) ^ v_[c];
  }
  void round() noexcept {
    half(0, 1, 2, 3, 13, 16);
    half(2, 1, 0, 3, 17, 21);
  }

  std::array<uint64_t, 4> v_;
};

inline uint64_t siphash(const SipKey& key, std::span<const std::byte> bytes) noexcept {
  SipState state(key);
  const uint64_t length = bytes.size();
  for (; bytes.size() >= sizeof(uint64_t); bytes = bytes.subspan(sizeof(uint64_t)))
    state.absorb(load<uint64_t>(bytes.data()));
  uint64_t last = length << 56;
  for (size_t i = 0; i < bytes.size(); ++i) last |= static_cast<uint64_t>(bytes[i]) << (8 * i);
  state.absorb(last);
  return state.finish();
}

}  // namespace saya::helper
