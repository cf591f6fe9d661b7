// bpf_skb_change_head() and _tail(): more or fewer bytes at a packet's ends.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

inline constexpr uint32_t kMaxGrown = 16064;  ///< SKB_MAX_ALLOC: no helper makes a packet longer.

uint64_t skb_change_tail(Run& run, Packet* skb, uint32_t size, uint64_t flags) noexcept;
uint64_t skb_change_head(Run& run, Packet* skb, uint32_t size, uint64_t flags) noexcept;

}  // namespace saya::helper
