// net/core/filter.c and net/core/skbuff.c (skb_vlan_push(), skb_vlan_pop()), Linux 6.18: one tag lies beside the frame,
// further ones in it.
#include "helper/vlan.h"

#include <linux/if_ether.h>

#include <bit>
#include <cstring>

#include "base/bytes.h"
#include "helper/errno.h"
#include "helper/skb.h"
#include "packet/front.h"
#include "packet/receive_sum.h"

namespace saya::helper {
namespace {

constexpr uint32_t kMacs = 2 * ETH_ALEN, kTag = 4, kTagged = kEthernetHeader + kTag;

bool is_vlan(uint16_t protocol) noexcept { return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD; }

void reset_mac_length(Skb& skb) noexcept { skb.mac_len = static_cast<uint16_t>(skb.network_header - skb.mac_header); }

/// At ingress the sum does not cover the MAC header, which is what changes here.
std::span<const std::byte> mac_header(const Packet& packet) noexcept {
  const Skb& skb = packet.skb;
  const std::byte* bytes = skb.at_ingress ? linear_bytes(packet, skb.mac_header, skb.mac_len) : nullptr;
  return {bytes, bytes ? skb.mac_len : size_t{0}};
}

/// Writes the tag beside the frame into it.
int insert_tag(Packet& packet) noexcept {
  if (const int error = pull(packet, kEthernetHeader)) return error == -ENOMEM ? -EINVAL : error;
  if (const int error = reserve_headroom(packet, kTag)) return error;
  push_front(packet, kTag);
  std::memmove(packet.data, packet.data + kTag, kMacs);
  store(packet.data + kMacs, packet.vlan.proto);
  store(packet.data + kMacs + 2, be16(packet.vlan.tci));
  packet.skb.mac_header -= static_cast<int32_t>(kTag);
  packet.skb.network_header -= static_cast<int32_t>(kTag);
  packet.skb.protocol = packet.vlan.proto;
  sum_pushed(packet, {packet.data + kMacs, kTag});
  return 0;
}

/// The EtherType behind a tag that was in the frame, or what stands for it when that is a length.
uint16_t inner_protocol(const Packet& packet) noexcept {
  const uint16_t type = load<be16>(packet.data + kTagged - 2);
  if (type >= ETH_P_802_3_MIN) return type;
  uint16_t payload = 0;
  copy_out(packet, kTagged, reinterpret_cast<std::byte*>(&payload), sizeof payload);
  return payload == 0xffff ? ETH_P_802_3 : ETH_P_802_2;
}

/// Takes the outermost tag out of the frame.
int remove_tag(Packet& packet, uint16_t& tag) noexcept {
  if (const int error = make_writable(packet, kTagged)) return error;
  sum_pulled(packet, {packet.data + kMacs, kTag});
  tag = load<be16>(packet.data + kEthernetHeader);
  Skb& skb = packet.skb;
  skb.protocol = inner_protocol(packet);
  std::memmove(packet.data + kTag, packet.data, kMacs);
  pull_front(packet, kTag);
  skb.mac_header += static_cast<int32_t>(kTag);
  if (skb.network_header < static_cast<int32_t>(kEthernetHeader)) skb.network_header = kEthernetHeader;
  reset_mac_length(skb);
  return 0;
}

int pop(Packet& packet) noexcept {
  uint16_t tag = 0;
  if (packet.vlan.present) {
    packet.vlan = {};
  } else {
    if (!is_vlan(packet.skb.protocol)) return 0;
    if (const int error = remove_tag(packet, tag)) return error;
  }
  if (!is_vlan(packet.skb.protocol)) return 0;
  const be16 next = packet.skb.protocol;
  if (const int error = remove_tag(packet, tag)) return error;
  packet.vlan = {next, tag, 1};
  return 0;
}

}  // namespace

uint64_t skb_vlan_push(Run&, Packet* skb, uint32_t protocol, uint32_t tag) noexcept {
  const auto wanted = std::byteswap(static_cast<uint16_t>(protocol));
  sum_pushed(*skb, mac_header(*skb));
  const int error = skb->vlan.present ? insert_tag(*skb) : 0;
  if (error == 0) skb->vlan = {is_vlan(wanted) ? wanted : uint16_t{ETH_P_8021Q}, static_cast<uint16_t>(tag), 1};
  sum_pulled(*skb, mac_header(*skb));
  reset_mac_length(skb->skb);
  return result(error);
}

uint64_t skb_vlan_pop(Run&, Packet* skb) noexcept {
  sum_pushed(*skb, mac_header(*skb));
  const int error = pop(*skb);
  sum_pulled(*skb, mac_header(*skb));
  return result(error);
}

}  // namespace saya::helper
