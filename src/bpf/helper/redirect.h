// bpf_redirect() and its kin: where the packet shall go.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t redirect(Run& run, uint32_t ifindex, uint64_t flags) noexcept;
uint64_t clone_redirect(Run& run, Packet* skb, uint32_t ifindex, uint64_t flags) noexcept;

}  // namespace saya::helper
