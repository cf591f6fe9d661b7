// bpf_skb_*(): the bytes of a packet at tc.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

/// Makes the first `size` bytes linear and this packet's own, as whatever writes to a packet at tc does first
/// (bpf_try_make_writable). 0, or -ENOMEM also when the packet is shorter.
int make_writable(Packet& skb, uint32_t size) noexcept;

uint64_t skb_store_bytes(Run& run, Packet* skb, uint32_t offset, const std::byte* from, uint32_t size,
                         uint64_t flags) noexcept;
uint64_t skb_load_bytes(Run& run, Packet* skb, uint32_t offset, std::byte* to, uint32_t size) noexcept;
uint64_t skb_pull_data(Run& run, Packet* skb, uint32_t size) noexcept;
uint64_t skb_load_bytes_relative(Run& run, Packet* skb, uint32_t offset, std::byte* to, uint32_t size,
                                 uint32_t header) noexcept;
uint64_t skb_change_type(Run& run, Packet* skb, uint32_t type) noexcept;
uint64_t skb_set_tstamp(Run& run, Packet* skb, uint64_t time, uint32_t clock) noexcept;

}  // namespace saya::helper
