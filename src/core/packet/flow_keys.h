// What makes two packets parts of one flow, and the number that stands for it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "packet/packet.h"

namespace saya {

/// What the flow dissector finds in a packet, in host order where it is a number. Two directions of a flow differ.
struct FlowKeys {
  uint16_t protocol = 0;     ///< EtherType of the innermost header that was understood.
  uint8_t ip_protocol = 0;   ///< IPPROTO_* of what follows it.
  uint8_t address_size = 0;  ///< Of each address: 0, 4 or 16.
  uint32_t flow_label = 0;
  uint64_t vlan = 0;  ///< Of the outermost tag: its EtherType, that of what follows, and priority and id.
  uint32_t gre_key = 0;
  uint16_t source_port = 0, destination_port = 0;
  std::array<std::byte, 16> source{}, destination{};
  uint32_t transport = 0;  ///< Offset from data at which dissecting ended: the transport header when it went well.
};

/// Fills `keys` as far as the headers are understood: Ethernet, VLAN, PPPoE, IPv4, IPv6, their extension headers,
/// tunnels (IP in IP, GRE) and ports. False: it ended at something unknown or cut off.
bool dissect(const Packet& packet, FlowKeys& keys) noexcept;

/// Never 0; the same for both directions of a flow. The key is a fixed one, so runs repeat (the kernel's is random).
uint32_t flow_hash(const FlowKeys& keys) noexcept;

}  // namespace saya
