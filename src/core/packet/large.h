// Frames that no cable carries: a sender's stack hands them to tc before they are cut, a receiver's after it has put
// them together.
#pragma once

#include <cstdint>

#include "packet/packet.h"

namespace saya {

/// Makes a TCP segment or UDP datagram that is longer than `mtu` (without the MAC header) allows a packet to be cut:
/// gso_type, gso_size (what fits into the MTU) and gso_segs are set, and its checksum is left open, the field holding
/// the sum of the pseudo header. Other packets stay as they are, as do all when `mtu` is 0. The headers must be
/// linear. As tcp_set_skb_tso_segs(), udp_send_skb() and tcp4_gro_complete() leave them, Linux 6.18.
void mark_large(Packet& packet, uint32_t mtu) noexcept;

}  // namespace saya
