// __bpf_redirect_neigh(), net/core/filter.c, Linux 6.18. A neighbour that is not known is not asked for.
#include "nic/next_hop.h"

#include <linux/if_ether.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace saya::nic {
namespace {

constexpr size_t kIpv4 = 4, kIpv6 = 16;
constexpr uint32_t kDestination4At = kEthernetHeader + 16, kDestination6At = kEthernetHeader + 24;
constexpr size_t kSourceMacAt = 6, kTypeAt = 12;

/// The packet's destination; family 0 when it has none.
IpAddress destination_of(const Packet& packet) noexcept {
  IpAddress address;
  const uint16_t protocol = packet.skb.protocol;
  const bool ipv4 = protocol == ETH_P_IP;
  if (!ipv4 && protocol != ETH_P_IPV6) return address;
  const uint32_t at = ipv4 ? kDestination4At : kDestination6At;
  if (copy_out(packet, at, address.bytes.data(), ipv4 ? kIpv4 : kIpv6)) address.family = ipv4 ? AF_INET : AF_INET6;
  return address;
}

/// Family 0: nowhere.
IpAddress next_hop(const abi::Redirect& redirect, const Netstate& netstate, const IpAddress& destination) noexcept {
  if (redirect.next_hop_family != 0) {
    IpAddress given;
    const bool usable =
        redirect.next_hop_family == AF_INET6 || (redirect.next_hop_family == AF_INET && destination.family == AF_INET);
    if (!usable) return given;
    given.family = redirect.next_hop_family;
    std::copy_n(redirect.next_hop.begin(), given.family == AF_INET ? kIpv4 : kIpv6, given.bytes.begin());
    return given;
  }
  const Route* const route = netstate.route({.destination = destination, .out = redirect.number});
  if (!route || route->ifindex != redirect.number) return {};
  return route->gateway.family ? route->gateway : destination;
}

}  // namespace

bool write_next_hop(Packet& packet, const Port& to, const abi::Redirect& redirect, const Netstate& netstate) noexcept {
  if (pull(packet, kEthernetHeader) != 0 || (packet.data[0] & std::byte{1}) != std::byte{0}) return false;
  const IpAddress destination = destination_of(packet);
  if (destination.family == 0) return false;
  const IpAddress hop = next_hop(redirect, netstate, destination);
  if (hop.family == 0) return false;
  const Neighbour* const neighbour = netstate.neighbour(to.device.ifindex, hop);
  if (!neighbour || !neighbour->usable() || unclone(packet) != 0) return false;
  std::ranges::copy(neighbour->mac, packet.data);
  std::ranges::copy(to.device.mac, packet.data + kSourceMacAt);
  store(packet.data + kTypeAt, packet.skb.protocol);
  packet.skb.tstamp = 0;
  packet.skb.tstamp_type = 0;
  return true;
}

}  // namespace saya::nic
