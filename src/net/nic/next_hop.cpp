// __bpf_redirect_neigh(), net/core/filter.c, Linux 6.18. A neighbour that is not known is not asked for.
#include "nic/next_hop.h"

#include <linux/if_ether.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/bytes.h"

namespace saya::nic {
namespace {

constexpr uint32_t kIpv4 = 4, kIpv6 = 16;
constexpr uint32_t kSource4At = kEthernetHeader + 12, kSource6At = kEthernetHeader + 8;
constexpr size_t kSourceMacAt = 6, kTypeAt = 12;

/// What the packet's route is looked up by; family 0 when it has no addresses.
RouteQuery query_of(const Packet& packet, uint32_t out) noexcept {
  RouteQuery query{.destination = {}, .out = out, .mark = packet.skb.mark};
  const uint16_t protocol = packet.skb.protocol;
  const bool ipv4 = protocol == ETH_P_IP;
  if (!ipv4 && protocol != ETH_P_IPV6) return query;
  const uint32_t at = ipv4 ? kSource4At : kSource6At, size = ipv4 ? kIpv4 : kIpv6;
  if (!copy_out(packet, at, query.source.bytes.data(), size) ||
      !copy_out(packet, at + size, query.destination.bytes.data(), size))
    return query;
  query.source.family = query.destination.family = ipv4 ? AF_INET : AF_INET6;
  return query;
}

/// Family 0: nowhere.
IpAddress next_hop(const abi::Redirect& redirect, const Netstate& netstate, const RouteQuery& query) noexcept {
  const IpAddress& destination = query.destination;
  if (redirect.next_hop_family != 0) {
    IpAddress given;
    const bool usable =
        redirect.next_hop_family == AF_INET6 || (redirect.next_hop_family == AF_INET && destination.family == AF_INET);
    if (!usable) return given;
    given.family = redirect.next_hop_family;
    std::copy_n(redirect.next_hop.begin(), given.family == AF_INET ? kIpv4 : kIpv6, given.bytes.begin());
    return given;
  }
  const Route* const route = netstate.route(query);
  if (!route || route->ifindex != redirect.number) return {};
  return route->gateway.family ? route->gateway : destination;
}

}  // namespace

bool write_next_hop(Packet& packet, const Port& to, const abi::Redirect& redirect, const Netstate& netstate) noexcept {
  if (pull(packet, kEthernetHeader) != 0 || (packet.data[0] & std::byte{1}) != std::byte{0}) return false;
  const RouteQuery query = query_of(packet, redirect.number);
  if (query.destination.family == 0) return false;
  const IpAddress hop = next_hop(redirect, netstate, query);
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
