// bpf_skb_vlan_push() and _pop(): the tag beside the frame, and those in it.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t skb_vlan_push(Run& run, Packet* skb, uint32_t protocol, uint32_t tag) noexcept;
uint64_t skb_vlan_pop(Run& run, Packet* skb) noexcept;

}  // namespace saya::helper
