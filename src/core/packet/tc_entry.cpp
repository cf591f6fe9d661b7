// eth_type_trans(), skb_vlan_untag(), ____dev_forward_skb() and qdisc_pkt_len_init() as tc programs see their results
// on Linux 6.18; the golden rows of tc_entry_test.cpp were measured there on veth and TAP devices.
#include "packet/tc_entry.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "packet/flow_keys.h"
#include "packet/front.h"
#include "packet/receive_sum.h"

namespace saya {
namespace {

constexpr uint32_t kMacs = 2 * ETH_ALEN;
constexpr uint32_t kVlanTag = 4;
/// skb_vlan_untag() wants the tag and two bytes behind it.
constexpr uint32_t kShortestTagged = kEthernetHeader + kVlanTag + 2;
/// tstamp_type of a time that was not set as a delivery time.
constexpr uint8_t kReceiveTime = 0;

bool is_vlan(uint16_t protocol) noexcept { return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD; }

/// Moves the outer tag of a tagged frame beside it.
bool untag(Packet& packet) noexcept {
  if (packet.len < kShortestTagged || pull(packet, kShortestTagged) != 0 || unclone(packet) != 0) return false;
  packet.vlan = {load<be16>(packet.data + kMacs), load<be16>(packet.data + kMacs + 2), 1};
  sum_pulled(packet, {packet.data + kEthernetHeader, kVlanTag});
  std::memmove(packet.data + kVlanTag, packet.data, kMacs);
  return adjust_head(packet, kVlanTag) == 0;
}

/// Where the receive path says that headers are: it has looked at no more than Ethernet's.
void reset_headers(Skb& skb) noexcept {
  skb.mac_header = 0;
  skb.network_header = static_cast<int32_t>(kEthernetHeader);
  skb.mac_len = static_cast<uint16_t>(kEthernetHeader);
  if (skb.transport_header == Skb::kNoHeader) skb.transport_header = skb.network_header;
}

/// Where the sender put them: what sends a frame knows, a packet socket asks the flow dissector.
void find_headers(Packet& packet) noexcept {
  Skb& skb = packet.skb;
  uint16_t protocol = skb.protocol;
  uint32_t at = kEthernetHeader;
  std::array<std::byte, kVlanTag> tag;
  while (is_vlan(protocol) && copy_out(packet, at, tag.data(), kVlanTag)) {
    protocol = load<be16>(tag.data() + 2);
    at += kVlanTag;
  }
  skb.network_header = static_cast<int32_t>(at);
  skb.mac_len = static_cast<uint16_t>(at);
  FlowKeys keys;
  if (dissect(packet, keys)) skb.transport_header = static_cast<int32_t>(keys.transport);
}

/// Bytes of the headers that every segment repeats; 0 when they are not there.
uint32_t segment_headers(const Packet& packet) noexcept {
  if (packet.gso_type == Gso::udp_l4) return packet.checksum_start + 8u;
  std::byte data_offset{};
  if (!copy_out(packet, packet.checksum_start + 12u, &data_offset, 1)) return 0;
  return packet.checksum_start + (static_cast<uint32_t>(data_offset) >> 4) * 4;
}

uint32_t length_on_wire(const Packet& packet) noexcept {
  if (packet.gso_type == Gso::none || packet.gso_size == 0 || packet.checksum != Checksum::partial) return packet.len;
  const uint32_t headers = segment_headers(packet);
  if (headers == 0 || headers >= packet.len) return packet.len;
  const uint32_t segments = (packet.len - headers + packet.gso_size - 1) / packet.gso_size;
  return packet.len + (segments - 1) * headers;
}

/// What any packet meets on its way to tc ingress.
bool receive(Packet& packet, const Device& device, uint16_t protocol) noexcept {
  Skb& skb = packet.skb;
  skb.ifindex = skb.ingress_ifindex = device.ifindex;
  skb.at_ingress = true;
  if (is_vlan(protocol) && !packet.vlan.present) {
    if (!untag(packet)) return false;
    protocol = frame_protocol(packet);
  }
  skb.protocol = protocol;
  skb.wire_len = packet.len - static_cast<uint32_t>(kEthernetHeader);
  reset_headers(skb);
  return true;
}

}  // namespace

uint8_t packet_type(const std::byte* destination, const Device& device) noexcept {
  const bool group = (destination[0] & std::byte{1}) != std::byte{0};
  if (group && std::all_of(destination, destination + ETH_ALEN, [](std::byte b) { return b == std::byte{0xff}; }))
    return PACKET_BROADCAST;
  if (group) return PACKET_MULTICAST;
  if (device.promiscuous || std::equal(device.mac.begin(), device.mac.end(), destination)) return PACKET_HOST;
  return PACKET_OTHERHOST;
}

uint16_t frame_protocol(const Packet& packet) noexcept {
  const uint16_t type = load<be16>(packet.data + kMacs);
  if (type >= ETH_P_802_3_MIN) return type;
  uint16_t payload = 0;
  copy_out(packet, kEthernetHeader, reinterpret_cast<std::byte*>(&payload), sizeof payload);
  return payload == 0xffff ? ETH_P_802_3 : ETH_P_802_2;
}

bool enter_tc_ingress(Packet& packet, const Device& device) noexcept {
  if (pull(packet, kEthernetHeader) != 0) return false;
  if (!packet.skb.valid) {
    packet.skb = Skb{};
    packet.skb.valid = true;
    if (device.records_queue) packet.skb.queue_mapping = static_cast<uint16_t>(packet.rx_queue_index + 1);
  }
  packet.skb.priority = 0;
  packet.skb.pkt_type = packet_type(packet.data, device);
  return receive(packet, device, frame_protocol(packet));
}

bool enter_tc_peer(Packet& packet, const Device& device) noexcept {
  if (pull(packet, kEthernetHeader) != 0) return false;
  packet.skb.pkt_type = PACKET_HOST;
  return receive(packet, device, packet.skb.protocol);
}

void enter_tc_egress(Packet& packet, const Device& device) noexcept {
  Skb& skb = packet.skb;
  if (!skb.valid) {
    skb = Skb{};
    skb.valid = true;
    copy_out(packet, kMacs, reinterpret_cast<std::byte*>(&skb.protocol), sizeof skb.protocol);
    find_headers(packet);
  }
  skb.at_ingress = false;
  if (skb.tstamp_type == kReceiveTime) skb.tstamp = 0;
  skb.ifindex = device.ifindex;
  skb.wire_len = length_on_wire(packet);
}

int insert_vlan_tag(Packet& packet) noexcept {
  if (!packet.vlan.present) return 0;
  if (const int error = pull(packet, kMacs)) return error;
  if (const int error = reserve_headroom(packet, kVlanTag)) return error;
  packet.data_meta = packet.data;
  push_front(packet, kVlanTag);
  packet.skb.mac_header = 0;
  std::memmove(packet.data, packet.data + kVlanTag, kMacs);
  store(packet.data + kMacs, packet.vlan.proto);
  store(packet.data + kMacs + 2, be16(packet.vlan.tci));
  packet.skb.protocol = packet.vlan.proto;
  packet.vlan = {};
  return 0;
}

}  // namespace saya
