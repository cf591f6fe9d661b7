// Kernel functions of XDP programs: what the device knows about a frame, and its linear part.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

// As a driver answers that has no such metadata (netdev_xdp_metadata_ops).
uint64_t bpf_xdp_metadata_rx_hash(Run& run, Packet* xdp, uint32_t* hash, uint32_t* type) noexcept;
uint64_t bpf_xdp_metadata_rx_timestamp(Run& run, Packet* xdp, uint64_t* time) noexcept;
uint64_t bpf_xdp_metadata_rx_vlan_tag(Run& run, Packet* xdp, uint16_t* protocol, uint16_t* tci) noexcept;

uint64_t bpf_xdp_pull_data(Run& run, Packet* xdp, uint32_t size) noexcept;

}  // namespace saya::helper
