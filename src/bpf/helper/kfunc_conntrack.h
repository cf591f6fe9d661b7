// Connections: looked up, made, changed. A pointer to one lets the program read struct nf_conn and write its mark.
#pragma once

#include <cstddef>
#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

// `tuple` is the IPv4 or IPv6 part of struct bpf_sock_tuple, by its size; `options` a struct bpf_ct_opts of 12 or 16
// bytes, where an error is left.
uint64_t bpf_skb_ct_lookup(Run& run, Packet* skb, const std::byte* tuple, uint32_t size, std::byte* options,
                           uint32_t options_size) noexcept;
uint64_t bpf_xdp_ct_lookup(Run& run, Packet* xdp, const std::byte* tuple, uint32_t size, std::byte* options,
                           uint32_t options_size) noexcept;
uint64_t bpf_skb_ct_alloc(Run& run, Packet* skb, const std::byte* tuple, uint32_t size, std::byte* options,
                          uint32_t options_size) noexcept;
uint64_t bpf_xdp_ct_alloc(Run& run, Packet* xdp, const std::byte* tuple, uint32_t size, std::byte* options,
                          uint32_t options_size) noexcept;

uint64_t bpf_ct_insert_entry(Run& run, const void* flow) noexcept;
uint64_t bpf_ct_release(Run& run, const void* flow) noexcept;
uint64_t bpf_ct_set_timeout(Run& run, const void* flow, uint32_t milliseconds) noexcept;
uint64_t bpf_ct_change_timeout(Run& run, const void* flow, uint32_t milliseconds) noexcept;
uint64_t bpf_ct_set_status(Run& run, const void* flow, uint32_t status) noexcept;
uint64_t bpf_ct_change_status(Run& run, const void* flow, uint32_t status) noexcept;
/// `address` is a union nf_inet_addr, `port` 0 to keep the port; `side` 0 changes the source, 1 the destination.
uint64_t bpf_ct_set_nat_info(Run& run, const void* flow, const std::byte* address, int32_t port,
                             uint32_t side) noexcept;

}  // namespace saya::helper
