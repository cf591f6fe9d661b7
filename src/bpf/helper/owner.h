// Whose a packet is: cgroups, routing realms, IPsec states. saya has one cgroup, the root, and none of the others.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

inline constexpr uint64_t kRootCgroup = 1;  ///< The number of the root of all control groups, where everyone is.

/// Its argument is the context at tc, and nothing at XDP.
uint64_t get_cgroup_classid(Run& run, uint64_t context) noexcept;
uint64_t get_route_realm(Run& run, Packet* skb) noexcept;
uint64_t skb_get_xfrm_state(Run& run, Packet* skb, uint32_t index, std::byte* to, uint32_t size,
                            uint64_t flags) noexcept;
uint64_t skb_under_cgroup(Run& run, Packet* skb, Map* map, uint32_t index) noexcept;
uint64_t skb_cgroup_id(Run& run, Packet* skb) noexcept;
uint64_t skb_ancestor_cgroup_id(Run& run, Packet* skb, int32_t level) noexcept;
uint64_t skb_cgroup_classid(Run& run, Packet* skb) noexcept;

}  // namespace saya::helper
