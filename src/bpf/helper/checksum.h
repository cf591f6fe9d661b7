// bpf_csum_*() and bpf_l?_csum_replace(): Internet checksums, computed and corrected.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t csum_diff(Run& run, const std::byte* from, uint32_t from_size, const std::byte* to, uint32_t to_size,
                   uint32_t seed) noexcept;
uint64_t csum_update(Run& run, Packet* skb, uint32_t sum) noexcept;
uint64_t csum_level(Run& run, Packet* skb, uint64_t level) noexcept;
uint64_t l3_csum_replace(Run& run, Packet* skb, uint32_t offset, uint64_t from, uint64_t to, uint64_t flags) noexcept;
uint64_t l4_csum_replace(Run& run, Packet* skb, uint32_t offset, uint64_t from, uint64_t to, uint64_t flags) noexcept;

}  // namespace saya::helper
