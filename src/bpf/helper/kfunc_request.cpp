// net/core/filter.c, Linux 6.18.
#include "helper/kfunc_request.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "helper/errno.h"
#include "netstate/socket.h"

namespace saya::helper {
namespace {

constexpr uint8_t kMostScale = 14;  // TCP_MAX_WSCALE

/// struct bpf_tcp_req_attrs.
struct Attributes {
  uint32_t rcv_tsval, rcv_tsecr;
  uint16_t mss;
  uint8_t rcv_wscale, snd_wscale;
  uint8_t ecn_ok, wscale_ok, sack_ok, tstamp_ok, usec_ts_ok;
  uint8_t reserved[3];
};
static_assert(sizeof(Attributes) == 20);

/// The least segment that such a packet's connection may have; 0 for a packet of another protocol.
uint16_t least_mss(const Packet& packet) noexcept {
  const uint16_t protocol = packet.skb.protocol;
  if (protocol == ETH_P_IP) return 536;
  return protocol == ETH_P_IPV6 ? 1220 : 0;
}

int check(const Packet& packet, const Socket& listener, const Attributes& wanted) noexcept {
  if (wanted.reserved[0] || wanted.reserved[1] || wanted.reserved[2] || !packet.skb.at_ingress) return -EINVAL;
  if (listener.netns >= 0) return -ENETUNREACH;
  const uint16_t least = least_mss(packet);
  if (least == 0 || listener.type != SOCK_STREAM || listener.state != kSocketListening) return -EINVAL;
  const bool scales = wanted.snd_wscale <= kMostScale && wanted.rcv_wscale <= kMostScale;
  return wanted.mss < least || (wanted.wscale_ok && !scales) ? -EINVAL : -ENOMEM;
}

}  // namespace

uint64_t bpf_sk_assign_tcp_reqsk(Run&, Packet* packet, const Socket* listener, const std::byte* attributes,
                                 uint32_t size) noexcept {
  if (size != sizeof(Attributes)) return result32(-EINVAL);
  return result32(check(*packet, *whole(listener), load<Attributes>(attributes)));
}

}  // namespace saya::helper
