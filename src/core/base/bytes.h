// Bytes as they lie on the wire or in a file: byte order in the type, unaligned access, hexadecimal text.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace saya {

static_assert(std::endian::native == std::endian::little, "saya runs little-endian BPF objects on little-endian hosts");

/// An integer stored in network byte order; converts on the way in and out.
template <std::unsigned_integral T>
class BigEndian {
 public:
  constexpr BigEndian() = default;
  constexpr BigEndian(T host) : raw_(std::byteswap(host)) {}
  constexpr operator T() const { return std::byteswap(raw_); }
  /// The bytes as they lie in memory, as BPF programs see them ("network order in a host integer").
  constexpr T raw() const { return raw_; }

 private:
  T raw_ = 0;
};
using be16 = BigEndian<uint16_t>;
using be32 = BigEndian<uint32_t>;

/// Reads a T at any address; the caller has checked the bounds.
template <class T>
  requires std::is_trivially_copyable_v<T>
T load(const void* from) noexcept {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Writes a T at any address; the caller has checked the bounds.
template <class T>
  requires std::is_trivially_copyable_v<T>
void store(void* to, const T& value) noexcept {
  std::memcpy(to, &value, sizeof value);
}

/// "0f 1a": lower case, `separator` between bytes.
std::string to_hex(std::span<const std::byte> bytes, std::string_view separator = "");

/// The text with all but plain ASCII written as "\x1b": control characters would let a hostile text write on the
/// terminal.
std::string printable(std::string_view text);

/// Hexadecimal text to bytes. Blanks between bytes are allowed, also "0x" before one; an odd digit or another
/// character is Code::invalid_argument and named with its position.
Result<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace saya
