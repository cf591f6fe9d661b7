// The kernel function with which a program answers for the SYN cookies that it made.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

/// `attributes`: struct bpf_tcp_req_attrs.
uint64_t bpf_sk_assign_tcp_reqsk(Run& run, Packet* skb, const Socket* listener, const std::byte* attributes,
                                 uint32_t size) noexcept;

}  // namespace saya::helper
