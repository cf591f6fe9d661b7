// net/core/filter.c (__bpf_skb_change_tail(), __bpf_skb_change_head()), Linux 6.18.
#include "helper/resize.h"

#include <algorithm>
#include <cstring>

#include "helper/errno.h"
#include "packet/front.h"

namespace saya::helper {
namespace {

/// KMALLOC_MAX_SIZE: a packet to be segmented may grow until there is no memory, which is here for the kernel.
constexpr uint32_t kMostAllocated = 1 << 22;

/// What must stay: the headers that somebody knows of.
uint32_t least_size(const Skb& skb) noexcept {
  const int32_t least = skb.transport_header > 0 ? skb.transport_header : skb.network_header;
  return static_cast<uint32_t>(std::max(least, 0));
}

void cut(Packet& packet, uint32_t size) noexcept {
  const uint32_t behind_field = packet.checksum_start + packet.checksum_offset + 2u;
  if (packet.checksum == Checksum::partial && size < behind_field) packet.checksum = Checksum::none;
  packet.data_end = packet.data + size;
  packet.len = size;
}

void grow(Packet& packet, uint32_t size) noexcept {
  std::memset(packet.data_end, 0, size - packet.len);
  packet.data_end = packet.data + size;
  packet.len = size;
}

int change_tail(Packet& packet, uint32_t size) noexcept {
  if (const int error = reserve_tailroom(packet, size > packet.len ? size - packet.len : 0)) return error;
  if (size != packet.len && packet.checksum == Checksum::complete) packet.checksum = Checksum::none;
  if (size < packet.len)
    cut(packet, size);
  else
    grow(packet, size);
  packet.gso_type = Gso::none;
  packet.gso_size = packet.gso_segs = 0;
  return 0;
}

}  // namespace

uint64_t skb_change_tail(Run&, Packet* skb, uint32_t size, uint64_t flags) noexcept {
  if (flags || size > kMaxGrown || size < least_size(skb->skb)) return result(-EINVAL);
  if (skb->skb.encapsulated) return result(-ENOTSUPP);
  return result(change_tail(*skb, size));
}

uint64_t skb_change_head(Run&, Packet* skb, uint32_t size, uint64_t flags) noexcept {
  const uint32_t grown = skb->len + size;
  if (flags || (skb->gso_size == 0 && grown > kMaxGrown) || grown < skb->len) return result(-EINVAL);
  if (size > kMostAllocated) return result(-ENOMEM);
  if (const int error = reserve_headroom(*skb, size)) return result(error);
  push_front(*skb, size);
  std::memset(skb->data, 0, size);
  skb->skb.mac_header = 0;
  skb->skb.mac_len = static_cast<uint16_t>(skb->skb.network_header);
  return 0;
}

}  // namespace saya::helper
