// The sum that a device computed over what follows the MAC header (Checksum::complete), kept right while bytes change.
#pragma once

#include <cstdint>
#include <span>

#include "packet/packet.h"

namespace saya {

// Nothing happens to packets of which something else is known.

/// `bytes` were put in front of what is summed (skb_postpush_rcsum()).
void sum_pushed(Packet& packet, std::span<const std::byte> bytes) noexcept;
/// `bytes` were taken from its front (skb_postpull_rcsum()).
void sum_pulled(Packet& packet, std::span<const std::byte> bytes) noexcept;
/// `bytes` at `offset` came, or go, anywhere: an odd offset turns their sum by a byte.
void sum_added(Packet& packet, std::span<const std::byte> bytes, uint32_t offset) noexcept;
void sum_removed(Packet& packet, std::span<const std::byte> bytes, uint32_t offset) noexcept;

// How many transport checksums, one inside another, are known to be right (__skb_*_checksum_unnecessary()).
void raise_checksum_level(Packet& packet) noexcept;
void lower_checksum_level(Packet& packet) noexcept;
void reset_checksum_level(Packet& packet) noexcept;

}  // namespace saya
