// bpf_skb_ecn_set_ce(): marks a packet as having met congestion.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t skb_ecn_set_ce(Run& run, Packet* skb) noexcept;

}  // namespace saya::helper
