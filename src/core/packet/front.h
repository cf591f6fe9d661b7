// A packet's front at tc: bytes in front of data, and the headers' places, which count from it.
#pragma once

#include <cstdint>

#include "packet/packet.h"

namespace saya {

/// To be called when data has moved by `delta` bytes (negative: to the front): what counts from data goes on naming the
/// same bytes. A transport checksum whose place has been cut off is forgotten.
void shift_headers(Packet& packet, int64_t delta) noexcept;

/// Moves data to the front by `bytes` bytes, which lie in the headroom and hold anything (skb_push()). Metadata keeps
/// its length and so slides over, as in the kernel; it ends when there is no room for it.
void push_front(Packet& packet, uint32_t bytes) noexcept;
/// Moves data to the back by `bytes` linear bytes (__skb_pull()).
void pull_front(Packet& packet, uint32_t bytes) noexcept;

/// `size` bytes at `offset` from data, which may be negative: what lies in the linear part or in front of it; null when
/// they are not all there.
const std::byte* linear_bytes(const Packet& packet, int64_t offset, uint32_t size) noexcept;

}  // namespace saya
