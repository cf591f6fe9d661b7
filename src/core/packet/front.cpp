// skb_push(), __skb_pull() and the header offsets of struct sk_buff, Linux 6.18. There they count from the head's
// begin, here from data, so they move when data does.
#include "packet/front.h"

#include <limits>

#include "packet/pool.h"

namespace saya {
namespace {

void shift_checksum_start(Packet& packet, int64_t delta) noexcept {
  if (packet.checksum != Checksum::partial) return;
  const int64_t start = packet.checksum_start - delta;
  if (start < 0 || start > std::numeric_limits<uint16_t>::max())
    packet.checksum = Checksum::none;
  else
    packet.checksum_start = static_cast<uint16_t>(start);
}

void move_front(Packet& packet, int64_t delta) noexcept {
  const auto metadata = packet.data - packet.data_meta;
  packet.data += delta;
  packet.len = static_cast<uint32_t>(packet.len - delta);
  packet.data_meta = packet.data - packet.head->begin < metadata ? packet.data : packet.data - metadata;
  shift_headers(packet, delta);
}

}  // namespace

void shift_headers(Packet& packet, int64_t delta) noexcept {
  shift_checksum_start(packet, delta);
  Skb& skb = packet.skb;
  const auto by = static_cast<int32_t>(delta);
  skb.mac_header -= by;
  skb.network_header -= by;
  if (skb.transport_header != Skb::kNoHeader) skb.transport_header -= by;
}

void push_front(Packet& packet, uint32_t bytes) noexcept { move_front(packet, -int64_t{bytes}); }

void pull_front(Packet& packet, uint32_t bytes) noexcept { move_front(packet, bytes); }

const std::byte* linear_bytes(const Packet& packet, int64_t offset, uint32_t size) noexcept {
  if (offset < packet.head->begin - packet.data || offset + size > packet.data_end - packet.data) return nullptr;
  return packet.data + offset;
}

}  // namespace saya
