// Large packets into the frames that a device can send, and the checksums that were left to the device.
#pragma once

#include <cstdint>
#include <optional>

#include "packet/packet.h"

namespace saya {

/// How a packet with a segment size is cut. Offsets and sizes in bytes.
struct GsoPlan {
  uint32_t segments = 0;  ///< 2 and more.
  uint32_t network = 0;   ///< Where the IP header begins that the transport header is behind.
  uint32_t transport = 0;
  uint32_t headers = 0;  ///< Repeated in front of each segment's payload.
  uint32_t payload = 0;  ///< Of each segment but the last.
  bool ipv6 = false;
  uint32_t outer = 0;      ///< Where the IP header of a tunnel around it begins; 0: there is none.
  uint32_t outer_udp = 0;  ///< Where the tunnel's UDP header begins; 0: it has none.
  bool outer_ipv6 = false;
};

/// The plan for a packet whose gso_size is not 0, and which may be in a tunnel that bpf_skb_adjust_room() has put
/// around it; nothing for one that Linux drops instead: its headers are not what gso_type says, its checksum does not
/// begin at the transport header, or it fits into one segment. A tag beside the frame must have been inserted.
std::optional<GsoPlan> plan_segments(const Packet& packet) noexcept;
/// Segment `number` (from 0) as a packet of its own: lengths, IP identification, sequence number, flags and checksums
/// are those of its place, in a tunnel's headers, too. What the packet says beside its frame (mark, cb) is copied. Null
/// without memory.
PacketPtr make_segment(const Packet& packet, const GsoPlan& plan, uint32_t number) noexcept;
/// The packet itself becomes that segment. 0 or -ENOMEM with the packet unchanged.
int become_segment(Packet& packet, const GsoPlan& plan, uint32_t number) noexcept;

/// Computes a checksum that is Checksum::partial and writes it into the frame, as skb_checksum_help() does; nothing
/// otherwise. 0, -EINVAL when its place is not in the frame, -ENOMEM.
int finish_checksum(Packet& packet) noexcept;

}  // namespace saya
