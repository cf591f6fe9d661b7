// The flow hash of a packet.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

/// As skb_clear_hash(): the next get_hash_recalc calculates it anew.
void forget_hash(Packet& skb) noexcept;

uint64_t get_hash_recalc(Run& run, Packet* skb) noexcept;
uint64_t set_hash(Run& run, Packet* skb, uint32_t hash) noexcept;
uint64_t set_hash_invalid(Run& run, Packet* skb) noexcept;

}  // namespace saya::helper
