// bpf_xdp_*(): the frame's ends, and its bytes wherever they lie.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t xdp_adjust_head(Run& run, Packet* xdp, int32_t delta) noexcept;
uint64_t xdp_adjust_meta(Run& run, Packet* xdp, int32_t delta) noexcept;
uint64_t xdp_adjust_tail(Run& run, Packet* xdp, int32_t delta) noexcept;
uint64_t xdp_get_buff_len(Run& run, Packet* xdp) noexcept;
uint64_t xdp_load_bytes(Run& run, Packet* xdp, uint32_t offset, std::byte* to, uint32_t size) noexcept;
uint64_t xdp_store_bytes(Run& run, Packet* xdp, uint32_t offset, const std::byte* from, uint32_t size) noexcept;

}  // namespace saya::helper
