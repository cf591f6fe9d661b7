// net/core/filter.c, Linux 6.18. There the packet gets a request socket of the listener's, which becomes a connection;
// here it gets the listener.
#include "helper/kfunc_syncookie.h"

#include <linux/if_ether.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/bytes.h"
#include "helper/errno.h"
#include "helper/socket.h"

namespace saya::helper {
namespace {

/// struct bpf_tcp_req_attrs.
struct Attributes {
  uint32_t received_time;
  uint32_t echoed_time;
  uint16_t mss;
  uint8_t received_scale;
  uint8_t sent_scale;
  uint8_t ecn_ok;
  uint8_t scale_ok;
  uint8_t sack_ok;
  uint8_t time_ok;
  uint8_t microseconds;
  uint8_t reserved[3];
};
static_assert(sizeof(Attributes) == 20);

constexpr uint8_t kMostScale = 14;  // TCP_MAX_WSCALE

/// The smallest segment of the packet's protocol; nothing for those that do not carry TCP.
std::optional<uint16_t> least_mss(const Packet& skb) noexcept {
  constexpr uint16_t kIpv4 = 536, kIpv6 = 1280 - 60;
  if (skb.skb.protocol == ETH_P_IP) return kIpv4;
  if (skb.skb.protocol == ETH_P_IPV6) return kIpv6;
  return std::nullopt;
}

bool is_sound(const Attributes& attributes, uint16_t least) noexcept {
  const bool scaled = attributes.scale_ok != 0;
  const uint8_t scale = std::max(attributes.sent_scale, attributes.received_scale);
  return attributes.mss >= least && !(scaled && scale > kMostScale);
}

}  // namespace

uint64_t bpf_sk_assign_tcp_reqsk(Run& run, Packet* skb, const Socket* listener, const std::byte* attributes,
                                 uint32_t size) noexcept {
  if (size != sizeof(Attributes)) return result32(-EINVAL);
  const auto wanted = load<Attributes>(attributes);
  if (wanted.reserved[0] || wanted.reserved[1] || wanted.reserved[2]) return result32(-EINVAL);
  if (!skb->skb.at_ingress) return result32(-EINVAL);
  const Socket* const sk = whole(listener);
  if (sk->netns >= 0) return result32(-ENETUNREACH);
  const auto least = least_mss(*skb);
  if (!least || sk->type != SOCK_STREAM || sk->state != kSocketListening) return result32(-EINVAL);
  if (!is_sound(wanted, *least)) return result32(-EINVAL);
  skb->skb.sk = sk;
  hand_out(run, sk);  // The context shows it from now on.
  return 0;
}

}  // namespace saya::helper
