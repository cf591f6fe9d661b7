// Connection requests that programs make.
#pragma once

#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

/// `attributes` is a struct bpf_tcp_req_attrs. After the kernel's checks -ENOMEM: saya makes no requests.
uint64_t bpf_sk_assign_tcp_reqsk(Run& run, Packet* packet, const Socket* listener, const std::byte* attributes,
                                 uint32_t size) noexcept;

}  // namespace saya::helper
