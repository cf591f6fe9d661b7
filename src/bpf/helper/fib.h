// Where the host would send a packet, and whether it fits.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t fib_lookup(Run& run, Packet* packet, std::byte* params, int32_t size, uint32_t flags) noexcept;
uint64_t check_mtu(Run& run, Packet* packet, uint32_t ifindex, uint32_t* mtu_len, int32_t len_diff,
                   uint64_t flags) noexcept;

}  // namespace saya::helper
