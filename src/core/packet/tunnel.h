// What a tunnel device and a packet tell each other beside the packet: struct ip_tunnel_info of Linux 6.18.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace saya {

inline constexpr size_t kMostTunnelOptions = 255;  ///< IP_TUNNEL_OPTS_MAX.

/// Costs a packet that has none one byte: the rest is neither cleared nor copied.
struct Tunnel {
  Tunnel() noexcept : present(false) {}  // Not defaulted: that would clear the rest.
  Tunnel(const Tunnel& other) noexcept : present(other.present) { take(other); }
  Tunnel& operator=(const Tunnel& other) noexcept {
    present = other.present;
    take(other);
    return *this;
  }

  bool present;
  bool transmit;  ///< A program set it; else a device received it.
  bool ipv6;      ///< Of the addresses.
  uint8_t tos, ttl;
  uint8_t option_size;
  uint16_t flags;  ///< IP_TUNNEL_*_BIT (include/uapi/linux/if_tunnel.h).
  uint32_t label;  ///< IPv6 flow label.
  uint64_t id;
  std::array<std::byte, 16> source, destination;  ///< IPv4 in the first four bytes.
  std::array<std::byte, kMostTunnelOptions + 1> options;

 private:
  void take(const Tunnel& other) noexcept {
    if (present && this != &other) std::memcpy(static_cast<void*>(this), &other, sizeof other);
  }
};

}  // namespace saya
