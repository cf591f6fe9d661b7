// Kernel functions about IPsec states, of which saya knows none.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

/// Null, and `options` (struct bpf_xfrm_state_opts) say why.
uint64_t bpf_xdp_get_xfrm_state(Run& run, Packet* xdp, std::byte* options, uint32_t size) noexcept;
uint64_t bpf_xdp_xfrm_state_release(Run& run, const void* state) noexcept;

}  // namespace saya::helper
