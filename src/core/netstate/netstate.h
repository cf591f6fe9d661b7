// What the stack around the NIC knows: interfaces, addresses, routes, neighbours. One immutable snapshot, published as
// a whole; `saya run` reads it from a file, the NIC mirrors it from the kernel.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "netstate/socket.h"

namespace saya {

using MacAddress = std::array<std::byte, 6>;
/// IPv4 in the first 4 bytes, or IPv6; network order.
struct IpAddress {
  uint8_t family = 0;  ///< AF_INET or AF_INET6.
  std::array<std::byte, 16> bytes{};
  bool operator==(const IpAddress&) const = default;
};

struct IpPrefix {
  IpAddress address;
  uint8_t length = 0;  ///< Bits, 0..32 or 0..128.
};

struct Interface {
  std::string name;
  uint32_t ifindex = 0;
  MacAddress mac{};
  bool has_mac = false;
  uint32_t mtu = 1500;
  bool up = true;
  std::vector<IpPrefix> addresses;
};

struct Route {
  IpPrefix destination;
  uint32_t ifindex = 0;
  IpAddress gateway;  ///< family 0: on link.
  uint32_t metric = 0;
};

struct Neighbour {
  uint32_t ifindex = 0;
  IpAddress address;
  MacAddress mac{};
};

struct Netstate {
  std::vector<Interface> interfaces;
  std::vector<Route> routes;
  std::vector<Neighbour> neighbours;

  /// Null when there is no such interface.
  const Interface* find_interface(uint32_t ifindex) const noexcept;
  const Interface* find_interface(std::string_view name) const noexcept;
};

/// Reads the JSON state file that docs/guides/netstate.md describes. Errors name the member, its value and what is
/// allowed.
Result<Netstate> parse_netstate(std::string_view json);

Result<MacAddress> parse_mac(std::string_view text);
Result<IpAddress> parse_ip(std::string_view text);
/// "10.0.0.0/8"; without "/" a host prefix.
Result<IpPrefix> parse_prefix(std::string_view text);

}  // namespace saya
