// net/core/filter.c, Linux 6.18: what those helpers answer for a packet without a socket, route or IPsec state.
#include "helper/owner.h"

#include <cstring>

#include "helper/errno.h"

namespace saya::helper {

uint64_t get_cgroup_classid(Run&, uint64_t) noexcept { return 0; }

uint64_t get_route_realm(Run&, Packet*) noexcept { return 0; }

uint64_t skb_get_xfrm_state(Run&, Packet*, uint32_t, std::byte* to, uint32_t size, uint64_t) noexcept {
  std::memset(to, 0, size);
  return result(-EINVAL);
}

uint64_t skb_cgroup_id(Run&, Packet*) noexcept { return 0; }

uint64_t skb_ancestor_cgroup_id(Run&, Packet*, int32_t) noexcept { return 0; }

uint64_t skb_cgroup_classid(Run&, Packet*) noexcept { return 0; }

}  // namespace saya::helper
