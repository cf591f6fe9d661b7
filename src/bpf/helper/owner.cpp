// net/core/filter.c, Linux 6.18, where there is one cgroup and no route or IPsec state belongs to a packet.
#include "helper/owner.h"

#include <cstring>

#include "helper/errno.h"
#include "helper/socket.h"

namespace saya::helper {
namespace {

/// Whether a socket owns the packet: for a request its listener does, for what remains of a connection nobody.
bool has_owner(const Packet& skb) noexcept {
  const Socket* const sk = socket_of(skb);
  return sk && sk->state != kSocketTimeWait;
}

}  // namespace

uint64_t get_cgroup_classid(Run&, uint64_t) noexcept { return 0; }

uint64_t get_route_realm(Run&, Packet*) noexcept { return 0; }

uint64_t skb_get_xfrm_state(Run&, Packet*, uint32_t, std::byte* to, uint32_t size, uint64_t) noexcept {
  std::memset(to, 0, size);
  return result(-EINVAL);
}

uint64_t skb_under_cgroup(Run&, Packet* skb, Map* map, uint32_t index) noexcept {
  if (!has_owner(*skb)) return result(-ENOENT);
  return result(index < map->spec().max_entries ? -EAGAIN : -E2BIG);
}

uint64_t skb_cgroup_id(Run&, Packet* skb) noexcept { return has_owner(*skb) ? kRootCgroup : 0; }

uint64_t skb_ancestor_cgroup_id(Run&, Packet* skb, int32_t level) noexcept {
  return has_owner(*skb) && level == 0 ? kRootCgroup : 0;
}

uint64_t skb_cgroup_classid(Run&, Packet*) noexcept { return 0; }

}  // namespace saya::helper
