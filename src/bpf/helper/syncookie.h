// SYN cookies: connections that are remembered in their sequence numbers.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t tcp_check_syncookie(Run& run, const Socket* listener, const std::byte* ip, uint32_t ip_size,
                             const std::byte* tcp, uint32_t tcp_size) noexcept;
uint64_t tcp_gen_syncookie(Run& run, const Socket* listener, const std::byte* ip, uint32_t ip_size,
                           const std::byte* tcp, uint32_t tcp_size) noexcept;
uint64_t tcp_raw_gen_syncookie_ipv4(Run& run, const std::byte* ip, const std::byte* tcp, uint32_t tcp_size) noexcept;
uint64_t tcp_raw_gen_syncookie_ipv6(Run& run, const std::byte* ip, const std::byte* tcp, uint32_t tcp_size) noexcept;
uint64_t tcp_raw_check_syncookie_ipv4(Run& run, const std::byte* ip, const std::byte* tcp) noexcept;
uint64_t tcp_raw_check_syncookie_ipv6(Run& run, const std::byte* ip, const std::byte* tcp) noexcept;

}  // namespace saya::helper
