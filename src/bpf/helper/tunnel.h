// bpf_skb_*_tunnel_*(): what a tunnel device is told.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t skb_get_tunnel_key(Run& run, Packet* skb, std::byte* key, uint32_t size, uint64_t flags) noexcept;
uint64_t skb_set_tunnel_key(Run& run, Packet* skb, const std::byte* key, uint32_t size, uint64_t flags) noexcept;
uint64_t skb_get_tunnel_opt(Run& run, Packet* skb, std::byte* options, uint32_t size) noexcept;
uint64_t skb_set_tunnel_opt(Run& run, Packet* skb, const std::byte* options, uint32_t size) noexcept;

}  // namespace saya::helper
