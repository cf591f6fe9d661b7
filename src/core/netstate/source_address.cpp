// The address that the host sends from. IPv4 as inet_select_addr() (net/ipv4/devinet.c), IPv6 as ipv6_dev_get_saddr()
// (net/ipv6/addrconf.c, RFC 6724) with addresses that are neither deprecated nor temporary. Linux 6.18.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <tuple>

#include "netstate/netstate.h"

namespace saya {
namespace {

enum Scope : int { kHost = 1, kLink = 2, kSite = 5, kGlobal = 14 };  // Those of IPv6 (RFC 4291).

bool is_loopback4(const IpAddress& address) { return address.bytes[0] == std::byte{127}; }

/// The first address of an interface from which `target` can be reached directly, else its first one.
IpAddress select4(const Interface& interface, const IpAddress& target) {
  IpAddress found;
  for (const IpPrefix& own : interface.addresses) {
    if (own.address.family != AF_INET || is_loopback4(own.address)) continue;
    if (target.family == AF_INET && own.contains(target)) return own.address;
    if (found.family == 0) found = own.address;
  }
  return found;
}

IpAddress source4(const Netstate& state, const Interface& device, const IpAddress& target) {
  if (const IpAddress own = select4(device, target); own.family != 0) return own;
  for (const Interface& other : state.interfaces())
    if (other.table == device.table)
      if (const IpAddress own = select4(other, {}); own.family != 0) return own;
  return {};
}

int scope_of(const IpAddress& address) {
  const auto byte = [&](size_t i) { return static_cast<unsigned>(address.bytes[i]); };
  if (byte(0) == 0xff) return static_cast<int>(byte(1) & 15);
  if (byte(0) == 0xfe && (byte(1) & 0xc0) == 0x80) return kLink;
  if (byte(0) == 0xfe && (byte(1) & 0xc0) == 0xc0) return kSite;
  IpAddress loopback{.family = AF_INET6};
  loopback.bytes[15] = std::byte{1};
  return address == loopback ? kHost : kGlobal;
}

/// The kernel's default labels (net/ipv6/addrlabel.c).
struct Label {
  std::array<uint8_t, 16> prefix;
  uint8_t length;
  int label;
};
constexpr Label kLabels[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, 0 },
    {{},                                               96,  3 },
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff},       96,  4 },
    {{0x20, 0x01},                                     32,  6 },
    {{0x20, 0x01, 0x00, 0x10},                         28,  7 },
    {{0x3f, 0xfe},                                     16,  12},
    {{0x20, 0x02},                                     16,  2 },
    {{0xfe, 0xc0},                                     10,  11},
    {{0xfc},                                           7,   5 },
    {{},                                               0,   1 },
};

int label_of(const IpAddress& address) {
  for (const Label& row : kLabels)
    if (common_bits(ip_from(AF_INET6, row.prefix.data()), address) >= row.length) return row.label;
  return 1;
}

/// What makes one candidate better than another, the most important first.
auto score(const IpPrefix& own, const Interface& interface, uint32_t out, const IpAddress& target) {
  const int scope = scope_of(own.address), wanted = scope_of(target);
  return std::tuple(own.address == target, scope >= wanted ? -scope : scope - 128, interface.ifindex == out,
                    label_of(own.address) == label_of(target), std::min(common_bits(own.address, target), own.length));
}

IpAddress source6(const Netstate& state, uint32_t out, const IpAddress& target) {
  const bool only_out = scope_of(target) <= kLink || target.bytes[0] == std::byte{0xff};
  const IpPrefix* best = nullptr;
  const Interface* where = nullptr;
  for (const Interface& interface : state.interfaces()) {
    if (only_out && interface.ifindex != out) continue;
    for (const IpPrefix& own : std::views::reverse(interface.addresses)) {  // Newer ones are asked first.
      if (own.address.family != AF_INET6) continue;
      if (best && score(own, interface, out, target) <= score(*best, *where, out, target)) continue;
      best = &own;
      where = &interface;
    }
  }
  return best ? best->address : IpAddress{};
}

}  // namespace

IpAddress Netstate::source_for(const Route& route, const IpAddress& destination) const noexcept {
  if (route.source.family != 0) return route.source;
  const Interface* device = find_interface(route.ifindex);
  if (!device) return {};
  if (destination.family == AF_INET6) return source6(*this, route.ifindex, destination);
  return source4(*this, *device, route.gateway);
}

}  // namespace saya
