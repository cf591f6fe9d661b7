// The moment a packet becomes an skb: what `struct __sk_buff` shows when tc first sees it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "packet/packet.h"

namespace saya {

/// The device a packet is on, as far as the context shows it.
struct Device {
  uint32_t ifindex = 0;
  std::array<std::byte, 6> mac{};
  bool promiscuous = true;  ///< No MAC was given: every unicast frame is taken as its own (pkt_type 0).
  /// The driver notes the receive queue, as TAP and most hardware do: queue_mapping starts as rx_queue_index + 1.
  /// Otherwise (a plain veth, BPF_PROG_TEST_RUN) it starts as 0.
  bool records_queue = false;
};

/// PACKET_HOST and the like: whose a frame for this address is at the device.
uint8_t packet_type(const std::byte* destination, const Device& device) noexcept;
/// The EtherType, or what stands for it when the field holds a length: 802.2, or raw 802.3 for Novell's frames. The
/// Ethernet header must be linear.
uint16_t frame_protocol(const Packet& packet) noexcept;

/// Makes packet.skb what tc ingress of `device` shows: eth_type_trans() sets pkt_type and protocol, skb_vlan_untag()
/// moves an outer VLAN tag beside the frame, wire_len is the length without the MAC header. A packet that is an skb
/// already has been redirected into the device's receive path: the same happens, priority becomes 0, and mark, cb,
/// hash, tc_index, queue_mapping, tstamp and a tag beside the frame stay. Call it once per arrival.
/// False: the kernel drops such a frame before tc (no Ethernet header, a tagged frame of less than 20 bytes, no
/// memory).
bool enter_tc_ingress(Packet& packet, const Device& device) noexcept;

/// The same for a packet that bpf_redirect_peer() brings to the device: an skb already, it keeps its priority and its
/// protocol, whatever its EtherType has become, and counts as the device's own (skb_scrub_packet()).
bool enter_tc_peer(Packet& packet, const Device& device) noexcept;

/// The same for tc egress. What the host sends has ingress_ifindex 0, pkt_type 0 and its EtherType field as protocol; a
/// packet that came from ingress keeps all but ifindex and wire_len, which is the length, with the headers of all
/// segments for a packet that will be cut (qdisc_pkt_len_init()). tstamp is cleared unless it is a delivery time.
void enter_tc_egress(Packet& packet, const Device& device) noexcept;

/// Writes the tag beside the frame into the frame, as validate_xmit_vlan() does; nothing without a tag. Metadata ends
/// there. 0 or -ENOMEM.
int insert_vlan_tag(Packet& packet) noexcept;

}  // namespace saya
