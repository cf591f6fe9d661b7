// A socket of the host as programs see it.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace saya {

/// BPF_TCP_* (include/uapi/linux/bpf.h), as far as they matter here.
enum SocketState : uint32_t {
  kSocketEstablished = 1,
  kSocketTimeWait = 6,
  kSocketClosed = 7,  ///< Also of a UDP socket that is not connected.
  kSocketListening = 10,
  kSocketRequested = 12  ///< A connection request: belongs to a listener.
};

/// Begins as struct bpf_sock (include/uapi/linux/bpf.h), so that programs read its members where the header has them.
/// Immutable; belongs to the Netstate. Its alignment lets whole() find it from either pointer that programs hold.
struct alignas(512) Socket {
  uint32_t bound_dev_if = 0;
  uint32_t family = 0;    ///< AF_INET or AF_INET6.
  uint32_t type = 0;      ///< SOCK_STREAM, SOCK_DGRAM.
  uint32_t protocol = 0;  ///< IPPROTO_*.
  uint32_t mark = 0;
  uint32_t priority = 0;
  std::array<std::byte, 4> src_ip4{};
  std::array<std::byte, 16> src_ip6{};
  uint32_t src_port = 0;  ///< Host order.
  be16 dst_port;
  uint16_t padding = 0;
  std::array<std::byte, 4> dst_ip4{};
  std::array<std::byte, 16> dst_ip6{};
  uint32_t state = 0;  ///< BPF_TCP_*.
  int32_t rx_queue_mapping = -1;

  uint64_t cookie = 0;
  uint32_t uid = 0;
  int32_t netns = -1;           ///< The id of its network namespace in the program's own; -1: that one.
  bool v6only = false;          ///< An IPv6 socket that does not hear IPv4.
  bool syn_queue_full = false;  ///< A listener that answers with cookies.
  bool reachable = true;        ///< False for one that no packet can find (sk_unhashed()).

  alignas(256) bpf_tcp_sock tcp{};  ///< What bpf_tcp_sock() shows.

  /// sk_fullsock(): neither a request nor what remains of a connection.
  bool is_full() const noexcept { return state != kSocketTimeWait && state != kSocketRequested; }
};
inline constexpr size_t kSocketShown = 80;  ///< sizeof(struct bpf_sock): what programs may read.
static_assert(sizeof(bpf_sock) == kSocketShown && offsetof(Socket, rx_queue_mapping) == 76);
static_assert(offsetof(Socket, dst_port) == offsetof(bpf_sock, dst_port) &&
              offsetof(Socket, state) == offsetof(bpf_sock, state));

/// The socket that a pointer to it or to its `tcp` is about. Null for null.
inline const Socket* whole(const void* socket) noexcept {
  return reinterpret_cast<const Socket*>(reinterpret_cast<uintptr_t>(socket) & ~uintptr_t{alignof(Socket) - 1});
}

}  // namespace saya
