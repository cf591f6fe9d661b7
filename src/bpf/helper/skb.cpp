// net/core/filter.c, Linux 6.18; errors as measured (tests/helper_kernel_test.cpp).
#include "helper/skb.h"

#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include <climits>
#include <cstring>

#include "helper/errno.h"
#include "helper/hash.h"
#include "packet/front.h"
#include "packet/receive_sum.h"

namespace saya::helper {
namespace {

constexpr uint64_t kRecomputeChecksum = 1, kInvalidateHash = 2;  // BPF_F_RECOMPUTE_CSUM, BPF_F_INVALIDATE_HASH.

}  // namespace

int make_writable(Packet& skb, uint32_t size) noexcept {
  if (const int error = pull(skb, size)) return error;
  return skb.shared() ? unclone(skb) : 0;
}

uint64_t skb_store_bytes(Run&, Packet* skb, uint32_t offset, const std::byte* from, uint32_t size,
                         uint64_t flags) noexcept {
  if (flags & ~(kRecomputeChecksum | kInvalidateHash)) return result(-EINVAL);
  if (offset > INT_MAX || make_writable(*skb, offset + size) != 0) return result(-EFAULT);
  const std::span<std::byte> place(skb->data + offset, size);
  if (flags & kRecomputeChecksum) sum_removed(*skb, place, offset);
  std::memcpy(place.data(), from, size);
  if (flags & kRecomputeChecksum) sum_added(*skb, place, offset);
  if (flags & kInvalidateHash) forget_hash(*skb);
  return 0;
}

uint64_t skb_load_bytes(Run&, Packet* skb, uint32_t offset, std::byte* to, uint32_t size) noexcept {
  if (offset <= INT_MAX && copy_out(*skb, offset, to, size)) return 0;
  std::memset(to, 0, size);
  return result(-EFAULT);
}

uint64_t skb_load_bytes_relative(Run&, Packet* skb, uint32_t offset, std::byte* to, uint32_t size,
                                 uint32_t header) noexcept {
  constexpr uint32_t kMaxOffset = 0xffff, kMac = 0, kNet = 1;  // BPF_HDR_START_*.
  const int64_t start = header == kMac ? skb->skb.mac_header : skb->skb.network_header;
  const std::byte* bytes = offset <= kMaxOffset && header <= kNet ? linear_bytes(*skb, start + offset, size) : nullptr;
  if (!bytes) {
    std::memset(to, 0, size);
    return result(-EFAULT);
  }
  std::memcpy(to, bytes, size);
  return 0;
}

uint64_t skb_change_type(Run&, Packet* skb, uint32_t type) noexcept {
  if (skb->skb.pkt_type > PACKET_OTHERHOST || type > PACKET_OTHERHOST) return result(-EINVAL);
  skb->skb.pkt_type = static_cast<uint8_t>(type);
  return 0;
}

uint64_t skb_set_tstamp(Run&, Packet* packet, uint64_t time, uint32_t clock) noexcept {
  constexpr uint32_t kRealtime = 0, kTai = 2;  // BPF_SKB_CLOCK_*; between them the monotonic one.
  Skb& skb = packet->skb;
  if (skb.protocol != ETH_P_IP && skb.protocol != ETH_P_IPV6) return result(-EOPNOTSUPP);
  if (clock > kTai || (clock != kRealtime && time == 0)) return result(-EINVAL);
  skb.tstamp = static_cast<Nanoseconds>(time);
  skb.tstamp_type = static_cast<uint8_t>(clock);
  return 0;
}

uint64_t skb_pull_data(Run&, Packet* skb, uint32_t size) noexcept {
  return result(make_writable(*skb, size ? size : static_cast<uint32_t>(skb->linear_size())));
}

}  // namespace saya::helper
