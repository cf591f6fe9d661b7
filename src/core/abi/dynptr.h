// struct bpf_dynptr as helpers see it: 16 bytes that programs carry and cannot look into.
#pragma once

#include <cstdint>

namespace saya::abi {

/// What a dynptr leads to. As in struct bpf_dynptr_kern (include/linux/bpf.h, Linux 6.18) all zeroes is the null
/// dynptr: what a failed constructor leaves.
struct Dynptr {
  enum class Kind : uint8_t { none, memory, ringbuf, skb, xdp, skb_meta };
  void* data;       ///< The memory; of skb, xdp and skb_meta the Packet.
  uint32_t offset;  ///< Of the view's first byte in it.
  uint32_t size : 24;
  uint32_t kind : 7;  ///< Kind.
  uint32_t read_only : 1;

  Kind what() const noexcept { return static_cast<Kind>(kind); }
};
static_assert(sizeof(Dynptr) == 16);

}  // namespace saya::abi
