// net/core/filter.c (bpf_skb_adjust_room(), bpf_skb_change_proto()), Linux 6.18.
#include "helper/room.h"

#include <linux/if_ether.h>

#include <bit>
#include <cstdlib>
#include <cstring>

#include "helper/errno.h"
#include "helper/hash.h"
#include "helper/resize.h"
#include "packet/front.h"
#include "packet/receive_sum.h"

namespace saya::helper {
namespace {

constexpr uint16_t kIpv4 = ETH_P_IP, kIpv6 = ETH_P_IPV6;
constexpr uint32_t kIpv4Header = 20, kIpv6Header = 40;
constexpr uint32_t kNet = 0, kMac = 1;  // BPF_ADJ_ROOM_*.
// BPF_F_ADJ_ROOM_*; the upper 8 bits are the length of an inner MAC header.
constexpr uint64_t kFixedGso = 1, kEncapIpv4 = 2, kEncapIpv6 = 4, kEncapGre = 8, kEncapUdp = 16, kKeepChecksum = 32,
                   kEncapEthernet = 64, kDecapIpv4 = 128, kDecapIpv6 = 256;
constexpr uint64_t kEncap = kEncapIpv4 | kEncapIpv6, kDecap = kDecapIpv4 | kDecapIpv6;
constexpr uint32_t kInnerMacShift = 56;
constexpr uint64_t kKnown = kFixedGso | kEncap | kEncapGre | kEncapUdp | kKeepChecksum | kEncapEthernet | kDecap |
                            uint64_t{0xff} << kInnerMacShift;
constexpr uint32_t kMostDifference = 0xfff;

bool all(uint64_t flags, uint64_t wanted) noexcept { return (flags & wanted) == wanted; }
uint32_t mac_length(const Skb& skb) noexcept { return static_cast<uint32_t>(skb.network_header - skb.mac_header); }
uint32_t header_of(uint16_t protocol) noexcept { return protocol == kIpv4 ? kIpv4Header : kIpv6Header; }

/// Opens `bytes` zeroes behind the first `offset` bytes; the packet has the headroom. What is behind stays where it
/// was, so of the headers only Ethernet's and IP's move.
void push_between(Packet& packet, uint32_t offset, uint32_t bytes) noexcept {
  Skb& skb = packet.skb;
  const bool together = skb.transport_header == skb.network_header;
  push_front(packet, bytes);
  std::memmove(packet.data, packet.data + bytes, offset);
  std::memset(packet.data + offset, 0, bytes);
  skb.mac_header -= static_cast<int32_t>(bytes);
  skb.network_header -= static_cast<int32_t>(bytes);
  if (together) skb.transport_header = skb.network_header;
}

/// Takes `bytes` out behind the first `offset` bytes. 0 or -ENOMEM.
int pop_between(Packet& packet, uint32_t offset, uint32_t bytes) noexcept {
  if (const int error = unclone(packet)) return error;
  if (const int error = pull(packet, offset + bytes)) return error;
  Skb& skb = packet.skb;
  const bool together = skb.transport_header == skb.network_header;
  sum_pulled(packet, {packet.data + offset, bytes});
  std::memmove(packet.data + bytes, packet.data, offset);
  pull_front(packet, bytes);
  skb.mac_header += static_cast<int32_t>(bytes);
  skb.network_header += static_cast<int32_t>(bytes);
  if (together) skb.transport_header = skb.network_header;
  return 0;
}

/// Datagrams of a UDP packet to be cut are what gso_size says, so nothing may change it.
bool gso_allows(const Packet& packet, uint64_t flags) noexcept {
  if (packet.gso_size == 0 || packet.gso_type == Gso::tcp4 || packet.gso_type == Gso::tcp6) return true;
  return packet.gso_type == Gso::udp_l4 && flags & kFixedGso;
}

int check_encapsulation(const Packet& packet, uint32_t bytes, uint64_t flags) noexcept {
  const auto inner_mac = static_cast<uint32_t>(flags >> kInnerMacShift);
  if (packet.skb.protocol != kIpv4 && packet.skb.protocol != kIpv6) return -ENOTSUPP;
  if (all(flags, kEncap) || all(flags, kEncapGre | kEncapUdp)) return -EINVAL;
  if (flags & kEncapEthernet && inner_mac < kEthernetHeader) return -EINVAL;
  if (packet.skb.encapsulated) return -EALREADY;
  return inner_mac > bytes ? -EINVAL : 0;
}

void encapsulate(Packet& packet, uint64_t flags) noexcept {
  Skb& skb = packet.skb;
  skb.encapsulated = true;
  const uint16_t outer = flags & kEncapIpv6 ? kIpv6 : kIpv4;
  if (flags & (kEncapGre | kEncapUdp))
    skb.transport_header = skb.network_header + static_cast<int32_t>(header_of(outer));
  skb.protocol = outer;
}

int grow(Packet& packet, uint32_t offset, uint32_t bytes, uint64_t flags) noexcept {
  if (!gso_allows(packet, flags)) return -ENOTSUPP;
  if (const int error = reserve_headroom(packet, bytes)) return error;
  if (flags & kEncap)
    if (const int error = check_encapsulation(packet, bytes, flags)) return error;
  push_between(packet, offset, bytes);
  if (flags & kEncap) encapsulate(packet, flags);
  if (packet.gso_size == 0) return 0;
  packet.gso_segs = 0;
  if (!(flags & kFixedGso)) packet.gso_size = static_cast<uint16_t>(packet.gso_size - bytes);
  return 0;
}

int shrink(Packet& packet, uint32_t offset, uint32_t bytes, uint64_t flags) noexcept {
  if (flags & ~(kFixedGso | kDecap | kKeepChecksum)) return -EINVAL;
  if (!gso_allows(packet, flags)) return -ENOTSUPP;
  if (const int error = pop_between(packet, offset, bytes)) return error;
  if (flags & kDecap) packet.skb.protocol = flags & kDecapIpv6 ? kIpv6 : kIpv4;
  if (packet.gso_size == 0) return 0;
  packet.gso_segs = 0;
  if (!(flags & kFixedGso)) packet.gso_size = static_cast<uint16_t>(packet.gso_size + bytes);
  return 0;
}

/// Whether the packet stays long enough for its network header, and short enough.
bool fits(const Packet& packet, uint32_t bytes, bool shrinks, uint64_t flags) noexcept {
  if (!shrinks) return packet.len + bytes <= kMaxGrown || packet.gso_size != 0;
  uint32_t least = header_of(packet.skb.protocol);
  if (flags & kDecap) least = flags & kDecapIpv4 ? kIpv4Header : kIpv6Header;
  const uint32_t have = packet.len - static_cast<uint32_t>(packet.skb.network_header);
  return bytes < have && have - bytes >= least;
}

int to_ipv6(Packet& packet) noexcept {
  constexpr uint32_t kMore = kIpv6Header - kIpv4Header;
  if (const int error = reserve_headroom(packet, kMore)) return error;
  push_between(packet, mac_length(packet.skb), kMore);
  if (packet.gso_type == Gso::tcp4) packet.gso_type = Gso::tcp6;
  packet.skb.protocol = kIpv6;
  return 0;
}

int to_ipv4(Packet& packet) noexcept {
  if (const int error = pop_between(packet, mac_length(packet.skb), kIpv6Header - kIpv4Header)) return error;
  if (packet.gso_type == Gso::tcp6) packet.gso_type = Gso::tcp4;
  packet.skb.protocol = kIpv4;
  return 0;
}

}  // namespace

uint64_t skb_adjust_room(Run&, Packet* skb, int32_t difference, uint32_t mode, uint64_t flags) noexcept {
  const bool shrinks = difference < 0;
  const uint32_t bytes = shrinks ? 0u - static_cast<uint32_t>(difference) : static_cast<uint32_t>(difference);
  const uint16_t protocol = skb->skb.protocol;
  if (flags & ~kKnown) return result(-EINVAL);
  if (bytes > kMostDifference) return result(-EFAULT);
  if (protocol != kIpv4 && protocol != kIpv6) return result(-ENOTSUPP);
  if (mode != kNet && mode != kMac) return result(-ENOTSUPP);
  if (flags & kDecap && (!shrinks || all(flags, kDecap))) return result(-EINVAL);
  if (!fits(*skb, bytes, shrinks, flags)) return result(-ENOTSUPP);
  const uint32_t offset = mac_length(skb->skb) + (mode == kNet ? header_of(protocol) : 0);
  const int error = shrinks ? shrink(*skb, offset, bytes, flags) : grow(*skb, offset, bytes, flags);
  if (error == 0 && !(flags & kKeepChecksum)) reset_checksum_level(*skb);
  return result(error);
}

uint64_t skb_change_proto(Run&, Packet* skb, uint32_t protocol, uint64_t flags) noexcept {
  const uint16_t from = skb->skb.protocol, to = std::byteswap(static_cast<uint16_t>(protocol));
  if (flags) return result(-EINVAL);
  const bool up = from == kIpv4 && to == kIpv6, down = from == kIpv6 && to == kIpv4;
  if (!up && !down) return result(-ENOTSUPP);
  if (const int error = up ? to_ipv6(*skb) : to_ipv4(*skb)) return result(error);
  forget_hash(*skb);
  return 0;
}

}  // namespace saya::helper
