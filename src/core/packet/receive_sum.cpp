// include/linux/skbuff.h and include/net/checksum.h, Linux 6.18, down to which of the two zeros comes out.
#include "packet/receive_sum.h"

#include <bit>

#include "packet/checksum.h"

namespace saya {
namespace {

constexpr uint8_t kMostLevels = 3;  // SKB_MAX_CSUM_LEVEL.

uint32_t turned(uint32_t sum, uint32_t offset) noexcept { return offset % 2 != 0 ? std::rotr(sum, 8) : sum; }

}  // namespace

void sum_pushed(Packet& packet, std::span<const std::byte> bytes) noexcept {
  if (packet.checksum == Checksum::complete) packet.checksum_sum = checksum_add(bytes, packet.checksum_sum);
}

void sum_pulled(Packet& packet, std::span<const std::byte> bytes) noexcept {
  if (packet.checksum == Checksum::complete)  // Two's complement, as the kernel: the same number but for zero.
    packet.checksum_sum = uint32_t{0} - checksum_add(bytes, uint32_t{0} - packet.checksum_sum);
}

void sum_added(Packet& packet, std::span<const std::byte> bytes, uint32_t offset) noexcept {
  if (packet.checksum == Checksum::complete)
    packet.checksum_sum = checksum_combine(packet.checksum_sum, turned(checksum_add(bytes), offset));
}

void sum_removed(Packet& packet, std::span<const std::byte> bytes, uint32_t offset) noexcept {
  if (packet.checksum == Checksum::complete)
    packet.checksum_sum = checksum_combine(packet.checksum_sum, turned(~checksum_add(bytes), offset));
}

void raise_checksum_level(Packet& packet) noexcept {
  if (packet.checksum == Checksum::unnecessary) {
    if (packet.checksum_level < kMostLevels) ++packet.checksum_level;
  } else if (packet.checksum == Checksum::none) {
    packet.checksum = Checksum::unnecessary;
    packet.checksum_level = 0;
  }
}

void lower_checksum_level(Packet& packet) noexcept {
  if (packet.checksum != Checksum::unnecessary) return;
  if (packet.checksum_level == 0)
    packet.checksum = Checksum::none;
  else
    --packet.checksum_level;
}

void reset_checksum_level(Packet& packet) noexcept {
  if (packet.checksum != Checksum::unnecessary) return;
  packet.checksum = Checksum::none;
  packet.checksum_level = 0;
}

}  // namespace saya
