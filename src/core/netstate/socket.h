// A socket of the host as programs see it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"

namespace saya {

/// Begins as struct bpf_sock (include/uapi/linux/bpf.h), so that programs read its members where the header has them.
/// Immutable; belongs to the Netstate.
struct Socket {
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
};
inline constexpr size_t kSocketShown = 80;  ///< sizeof(struct bpf_sock): what programs may read.
static_assert(sizeof(Socket) >= kSocketShown);

}  // namespace saya
