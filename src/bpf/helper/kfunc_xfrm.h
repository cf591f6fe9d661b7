// IPsec states, of which saya has none.
#pragma once

#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

/// Null, and why in the options (struct bpf_xfrm_state_opts).
uint64_t bpf_xdp_get_xfrm_state(Run& run, Packet* xdp, std::byte* options, uint32_t size) noexcept;
uint64_t bpf_xdp_xfrm_state_release(Run& run, const void* state) noexcept;

}  // namespace saya::helper
