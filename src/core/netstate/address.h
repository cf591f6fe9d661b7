// Addresses of links and networks, and their text: what `ip` prints and accepts, without names.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace saya {

using MacAddress = std::array<std::byte, 6>;

/// IPv4 in the first 4 bytes, or IPv6; network order.
struct IpAddress {
  uint8_t family = 0;  ///< AF_INET or AF_INET6.
  std::array<std::byte, 16> bytes{};
  auto operator<=>(const IpAddress&) const = default;
};
/// 32 or 128.
uint8_t address_bits(const IpAddress& address) noexcept;
/// 0.0.0.0 or ::.
bool is_any(const IpAddress& address) noexcept;
/// The address with all bits behind the first `length` cleared.
IpAddress masked(const IpAddress& address, uint8_t length) noexcept;
/// How many leading bits two addresses of one family share.
uint8_t common_bits(const IpAddress& a, const IpAddress& b) noexcept;
/// From 4 or 16 bytes in network order.
IpAddress ip_from(uint8_t family, const void* bytes) noexcept;

struct IpPrefix {
  IpAddress address;
  uint8_t length = 0;  ///< Bits, 0..32 or 0..128.
  bool contains(const IpAddress& other) const noexcept;
  bool operator==(const IpPrefix&) const = default;
};

/// An address and a port of TCP or UDP.
struct Endpoint {
  IpAddress address;
  uint16_t port = 0;
};

Result<MacAddress> parse_mac(std::string_view text);
Result<IpAddress> parse_ip(std::string_view text);
/// "10.0.0.0/8"; without "/" a host prefix.
Result<IpPrefix> parse_prefix(std::string_view text);
/// "10.0.0.1:80", "[fd00::1]:80".
Result<Endpoint> parse_endpoint(std::string_view text);

}  // namespace saya
