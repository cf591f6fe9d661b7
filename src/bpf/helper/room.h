// bpf_skb_adjust_room() and bpf_skb_change_proto(): room for headers between those of a packet.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t skb_adjust_room(Run& run, Packet* skb, int32_t difference, uint32_t mode, uint64_t flags) noexcept;
uint64_t skb_change_proto(Run& run, Packet* skb, uint32_t protocol, uint64_t flags) noexcept;

}  // namespace saya::helper
