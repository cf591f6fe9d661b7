// bpf_skc_to_*(): the kernel's own structures behind a socket (net/core/filter.c, Linux 6.18). There are none here, so
// no socket is of any of these kinds; programs must be ready for that.
#include "helper/socket.h"

namespace saya::helper {

uint64_t skc_to_tcp6_sock(Run&, const Socket*) noexcept { return 0; }
uint64_t skc_to_tcp_sock(Run&, const Socket*) noexcept { return 0; }
uint64_t skc_to_tcp_timewait_sock(Run&, const Socket*) noexcept { return 0; }
uint64_t skc_to_tcp_request_sock(Run&, const Socket*) noexcept { return 0; }
uint64_t skc_to_udp6_sock(Run&, const Socket*) noexcept { return 0; }
uint64_t skc_to_unix_sock(Run&, const Socket*) noexcept { return 0; }
uint64_t skc_to_mptcp_sock(Run&, const Socket*) noexcept { return 0; }

}  // namespace saya::helper
