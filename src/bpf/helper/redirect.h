// bpf_redirect() and its kin: where the packet shall go.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

uint64_t redirect(Run& run, uint32_t ifindex, uint64_t flags) noexcept;
uint64_t redirect_map(Run& run, Map* map, uint64_t key, uint64_t flags) noexcept;
uint64_t redirect_neigh(Run& run, uint32_t ifindex, const std::byte* params, uint32_t size, uint64_t flags) noexcept;
uint64_t redirect_peer(Run& run, uint32_t ifindex, uint64_t flags) noexcept;
uint64_t clone_redirect(Run& run, Packet* skb, uint32_t ifindex, uint64_t flags) noexcept;

}  // namespace saya::helper
