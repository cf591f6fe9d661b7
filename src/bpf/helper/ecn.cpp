// net/core/filter.c (bpf_skb_ecn_set_ce()) and include/net/inet_ecn.h, Linux 6.18.
#include "helper/ecn.h"

#include <linux/if_ether.h>

#include "base/bytes.h"
#include "packet/checksum.h"
#include "packet/front.h"

namespace saya::helper {
namespace {

constexpr uint32_t kIpv4Header = 20, kIpv6Header = 40;
constexpr uint8_t kMarked = 3;  // INET_ECN_CE: both bits; one of them says that the sender understands marks.

bool is_vlan(uint16_t protocol) noexcept { return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD; }

/// The protocol behind all tags in the frame; 0 when it ends before, or there are more than eight
/// (vlan_get_protocol()).
uint16_t protocol_behind_tags(const Packet& packet) noexcept {
  constexpr int kMostTags = 8;
  uint16_t protocol = packet.skb.protocol;
  uint32_t at = packet.skb.mac_len ? packet.skb.mac_len - 4u : static_cast<uint32_t>(kEthernetHeader);
  for (int tags = 1; is_vlan(protocol); ++tags, at += 4) {
    std::byte type[2];
    if (tags == kMostTags || !copy_out(packet, at + 2, type, sizeof type)) return 0;
    protocol = load<be16>(type);
  }
  return protocol;
}

uint64_t mark_ipv4(std::byte* header) noexcept {
  const auto tos = static_cast<uint8_t>(header[1]);
  const uint8_t ecn = tos & kMarked;
  if (ecn == 0 || ecn == kMarked) return ecn == kMarked;
  constexpr size_t kCheck = 10;
  // The sum of the header grows by 3 - ecn in the low byte of a word in network order; the field shrinks by as much.
  const be16 more(static_cast<uint16_t>(0xfffb + (ecn + 1)));
  const uint32_t sum =
      load<uint16_t>(header + kCheck) + uint32_t{load<uint16_t>(reinterpret_cast<const std::byte*>(&more))};
  store(header + kCheck, static_cast<uint16_t>(sum + (sum >> 16)));
  header[1] = static_cast<std::byte>(tos | kMarked);
  return 1;
}

uint64_t mark_ipv6(Packet& packet, std::byte* header) noexcept {
  constexpr uint32_t kBits = uint32_t{kMarked} << 20;
  const uint32_t before = load<be32>(header);
  if ((before & kBits) == 0) return 0;
  const auto from = load<uint32_t>(header);
  store(header, be32(before | kBits));
  if (packet.checksum == Checksum::complete)
    packet.checksum_sum = checksum_combine(checksum_combine(packet.checksum_sum, ~from), load<uint32_t>(header));
  return 1;
}

}  // namespace

uint64_t skb_ecn_set_ce(Run&, Packet* skb) noexcept {
  const uint16_t protocol = protocol_behind_tags(*skb);
  if (protocol != ETH_P_IP && protocol != ETH_P_IPV6) return 0;
  const uint32_t size = protocol == ETH_P_IP ? kIpv4Header : kIpv6Header;
  if (skb->shared() || !linear_bytes(*skb, skb->skb.network_header, size)) return 0;
  std::byte* const header = skb->data + skb->skb.network_header;
  return protocol == ETH_P_IP ? mark_ipv4(header) : mark_ipv6(*skb, header);
}

}  // namespace saya::helper
