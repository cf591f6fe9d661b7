// bpf_{xdp,skb}_check_mtu(), net/core/filter.c, Linux 6.18.
#include <linux/bpf.h>
#include <netinet/in.h>

#include "base/bytes.h"
#include "helper/device.h"
#include "helper/errno.h"
#include "helper/fib.h"

namespace saya::helper {
namespace {

constexpr uint64_t kSegments = BPF_MTU_CHK_SEGS;

/// Bytes of a segment from the network header on; 0 when the transport header is unknown.
uint32_t segment_length(const Packet& packet) noexcept {
  if (packet.checksum != Checksum::partial || packet.checksum_start < kEthernetHeader) return 0;
  uint32_t transport = 8;
  if (packet.gso_type != Gso::udp_l4) {
    std::byte offset{};
    if (!copy_out(packet, packet.checksum_start + 12u, &offset, 1)) return 0;
    transport = (static_cast<uint32_t>(offset) >> 4) * 4;
  }
  return packet.checksum_start - static_cast<uint32_t>(kEthernetHeader) + transport + packet.gso_size;
}

/// What a packet that is longer than the MTU allows but will be cut into segments answers.
int check_segments(const Packet& packet, uint32_t mtu, bool ask) noexcept {
  if (!ask) return BPF_MTU_CHK_RET_SUCCESS;
  const uint32_t length = segment_length(packet);
  if (length == 0) return -EINVAL;
  return length <= mtu ? BPF_MTU_CHK_RET_SUCCESS : BPF_MTU_CHK_RET_SEGS_TOOBIG;
}

}  // namespace

uint64_t check_mtu(Run& run, Packet* packet, uint32_t ifindex, uint32_t* mtu_len, int32_t len_diff,
                   uint64_t flags) noexcept {
  const bool skb = run.hook != abi::Hook::xdp;
  const uint64_t known = skb ? kSegments : 0;
  const auto given = load<uint32_t>(mtu_len);
  if (flags & ~known || (flags & kSegments && (len_diff != 0 || given != 0))) return result(-EINVAL);
  const auto device = find_device(run, ifindex);
  if (!device) return result(-ENODEV);
  const uint32_t own = skb ? packet->len : static_cast<uint32_t>(packet->linear_size());
  const uint32_t allowed = device->mtu + static_cast<uint32_t>(kEthernetHeader);
  const uint32_t length =
      (given ? given + static_cast<uint32_t>(kEthernetHeader) : own) + static_cast<uint32_t>(len_diff);
  int answer = BPF_MTU_CHK_RET_SUCCESS;
  if (static_cast<int32_t>(length) > static_cast<int32_t>(allowed))
    answer = skb && packet->gso_size != 0 ? check_segments(*packet, device->mtu, flags & kSegments)
                                          : static_cast<int>(BPF_MTU_CHK_RET_FRAG_NEEDED);
  if (answer >= 0) store(mtu_len, device->mtu);
  return result(answer);
}

}  // namespace saya::helper
