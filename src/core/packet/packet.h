// A packet on its way through the NIC: a linear head, fragments, offload state, and the side state of tc.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "packet/tunnel.h"

namespace saya {

class Pool;
struct Buffer;

/// CHECKSUM_*: what is known about the transport checksum (include/linux/skbuff.h). `partial`: the sender left it to
/// the device; it has to be written at checksum_start + checksum_offset before the frame leaves.
enum class Checksum : uint8_t { none, unnecessary, complete, partial };

/// SKB_GSO_*: what kind of segments a large packet has to be cut into; `none` for an ordinary frame.
enum class Gso : uint8_t { none, tcp4, tcp6, udp_l4 };

/// A VLAN tag kept beside the frame, as hardware does. tci includes priority; proto is in network order.
struct VlanTag {
  be16 proto;
  uint16_t tci = 0;
  uint8_t present = 0;
};

/// A piece of a packet behind its linear head. Without initialisers: 17 of them would be cleared for every packet.
struct Fragment {
  Buffer* buffer;
  std::byte* data;
  uint32_t size;
};
inline constexpr size_t kMaxFragments = 17;    ///< MAX_SKB_FRAGS.
inline constexpr size_t kEthernetHeader = 14;  ///< ETH_HLEN; no frame at a hook is shorter.
inline constexpr size_t kMaxMetadata = 252;    ///< In bytes, a multiple of 4.

/// What `struct __sk_buff` shows beyond the packet itself. Filled by enter_tc_ingress() or enter_tc_egress() when a
/// packet first reaches a tc hook; meaningless before. Member names are those of the kernel's context fields
/// (abi/ctx.def).
struct Skb {
  Nanoseconds tstamp = 0;
  Nanoseconds hwtstamp = 0;
  const void* sk = nullptr;
  uint32_t mark = 0;
  uint32_t priority = 0;
  uint32_t ifindex = 0;
  uint32_t ingress_ifindex = 0;  ///< 0 for what the host itself sends.
  uint32_t hash = 0;             ///< 0 until computed or set.
  uint32_t napi_id = 0;
  uint32_t wire_len = 0;
  std::array<uint32_t, 5> cb{};
  be16 protocol;
  uint16_t queue_mapping = 0;
  uint16_t tc_index = 0;
  uint16_t tc_classid = 0;
  uint8_t pkt_type = 0;
  uint8_t tstamp_type = 0;
  bool valid = false;  ///< One of them has run.

  bool at_ingress = false;    ///< At tc ingress: csum does not cover the MAC header in front of the network header.
  bool encapsulated = false;  ///< A tunnel's headers were put in front (bpf_skb_adjust_room()).
  bool l4_hash = false;       ///< `hash` is of the transport header, or a program's: nothing recalculates it.
  bool sw_hash = false;       ///< `hash` was calculated here.

  // Where headers begin, in bytes from data: 0, 14 and unknown in a fresh frame, -14, 0 where data is the network
  // header.
  int32_t mac_header = 0;
  int32_t network_header = static_cast<int32_t>(kEthernetHeader);
  int32_t transport_header = kNoHeader;
  uint16_t mac_len = 0;  ///< Of the MAC header as the receive path found it.

  static constexpr int32_t kNoHeader = INT32_MIN;
};

/// A packet. Owned by exactly one PacketPtr at a time and touched by one thread; only Buffers are shared (by clones).
/// Invariant: head begin <= data_meta <= data <= data_end <= head end, and len = (data_end - data) + fragments.
///
///   begin        data_meta    data              data_end              end
///   | headroom ... | metadata | linear frame bytes | tailroom ... |
struct Packet {
  std::byte* data = nullptr;       ///< First byte of the frame (the MAC header at every hook).
  std::byte* data_end = nullptr;   ///< End of the linear part.
  std::byte* data_meta = nullptr;  ///< Start of XDP metadata; == data when there is none.
  uint32_t len = 0;                ///< Bytes of the frame, fragments included, metadata not.
  Buffer* head = nullptr;
  std::array<Fragment, kMaxFragments> fragments;  ///< The first fragment_count of them mean something.
  uint8_t fragment_count = 0;

  Checksum checksum = Checksum::none;
  Gso gso_type = Gso::none;
  uint16_t gso_size = 0;  ///< Payload bytes of a segment.
  uint16_t gso_segs = 0;
  uint16_t checksum_start = 0;   ///< From data; for Checksum::partial.
  uint16_t checksum_offset = 0;  ///< From checksum_start.
  uint32_t checksum_sum = 0;     ///< Of Checksum::complete: the unfolded sum from the network header on.
  uint8_t checksum_level = 0;    ///< Of Checksum::unnecessary: how many more checksums are known to be right.
  VlanTag vlan;

  uint32_t ingress_ifindex = 0;  ///< Port it arrived on (xdp_md.ingress_ifindex).
  uint32_t egress_ifindex = 0;   ///< For programs attached to a device map.
  uint32_t rx_queue_index = 0;
  uint8_t hops = 0;     ///< Redirects so far; bounded by the datapath.
  uint8_t nesting = 0;  ///< Redirects to an egress since it last entered a port: as deep as the kernel would nest them.
  uint64_t number = 0;  ///< Position in the input, from 1; clones keep it. For people only.
  Nanoseconds arrival = 0;  ///< On the NIC's clock.

  Skb skb;
  Pool* pool = nullptr;
  Tunnel tunnel;  ///< Of tc: what tunnel devices and programs say about it.

  size_t linear_size() const noexcept { return static_cast<size_t>(data_end - data); }
  /// Bytes between the head's begin and the metadata (or the frame, when there is none).
  size_t headroom() const noexcept;
  /// Bytes between the linear part's end and the head's end.
  size_t tailroom() const noexcept;
  std::span<std::byte> linear() noexcept { return {data, data_end}; }
  /// Whether a clone shares any of the bytes; then none may be written before unclone().
  bool shared() const noexcept;
};

/// Gives a packet back to its pool and drops its references to buffers.
struct Recycle {
  void operator()(Packet* packet) const noexcept;
};
using PacketPtr = std::unique_ptr<Packet, Recycle>;

/// Copies `size` frame bytes at `offset`, wherever they lie, to `to`; false when they are not all there.
bool copy_out(const Packet& packet, uint32_t offset, std::byte* to, uint32_t size) noexcept;
/// The inverse. The packet must not be shared().
bool copy_in(Packet& packet, uint32_t offset, const std::byte* from, uint32_t size) noexcept;

/// A second packet over the same buffers, with its own state; null when the pool is empty.
PacketPtr clone(const Packet& packet) noexcept;
/// Makes all bytes this packet's own; what lies in the headroom is kept. 0 or -ENOMEM. Moves the head.
int unclone(Packet& packet) noexcept;
/// Makes at least the first `size` bytes linear (all of them for size = len). 0, -ENOMEM when the packet is shorter or
/// there is no memory, as bpf_skb_pull_data() has it. May move the head: pointers into it become stale. Does not
/// promise that bytes may be written: see unclone().
int pull(Packet& packet, uint32_t size) noexcept;
/// Makes the packet's bytes its own with at least `headroom` bytes free in front of its data, metadata included, as
/// skb_cow_head() does. 0 or -ENOMEM. May move the head.
int reserve_headroom(Packet& packet, uint32_t headroom) noexcept;
/// Makes the packet linear and its own with at least `tailroom` bytes free behind it. 0 or -ENOMEM. May move the head.
int reserve_tailroom(Packet& packet, uint32_t tailroom) noexcept;

// What XDP programs do to a frame's ends: net/core/filter.c, Linux 6.18. They fail with the packet unchanged. A packet
// that shares bytes with a clone is made its own first (-ENOMEM when that fails), as generic XDP does.

/// Moves data by `delta` bytes (negative grows into the headroom), carrying the metadata along. -EINVAL when the first
/// kFrameReserve bytes of the head would be touched, or less than an Ethernet header would stay linear. Grown bytes
/// hold what was there: zero in a fresh packet, the old bytes after a shrink.
int adjust_head(Packet& packet, int32_t delta) noexcept;
/// Moves the packet's end by `delta`; grown bytes are zero. With fragments the last one shrinks (and goes) or grows as
/// far as its buffer. -EINVAL beyond the buffer or when less than an Ethernet header would remain.
int adjust_tail(Packet& packet, int32_t delta) noexcept;
/// Moves data_meta by `delta`. -EINVAL outside kFrameReserve..data, else -EACCES when the metadata's length would be no
/// multiple of 4 or more than kMaxMetadata.
int adjust_meta(Packet& packet, int32_t delta) noexcept;

}  // namespace saya
