// A capture does not say how long the segments of a large packet were; as long as the MTU allows is what full
// segments are. Fields as net/ipv4/tcp_output.c, udp.c and tcp_offload.c leave them, Linux 6.18.
#include "packet/large.h"

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>

#include <array>
#include <optional>

#include "base/bytes.h"
#include "packet/checksum.h"

namespace saya {
namespace {

constexpr uint32_t kTypeAt = 12, kVlanTag = 4, kIpv4 = 20, kIpv6 = 40, kTcp = 20, kUdp = 8;
constexpr uint16_t kTcpCheckAt = 16, kUdpCheckAt = 6;
constexpr uint32_t kMostTags = 2, kMostOptions = 8;

/// Where things are. Offsets from data.
struct Headers {
  uint32_t network = 0;
  uint32_t transport = 0;
  uint32_t addresses = 0;  ///< Both, one behind the other.
  uint32_t address_size = 0;
  uint8_t protocol = 0;
};

template <class T>
std::optional<T> peek(const Packet& packet, uint32_t offset) noexcept {
  std::array<std::byte, sizeof(T)> bytes;
  if (!copy_out(packet, offset, bytes.data(), sizeof(T))) return std::nullopt;
  return load<T>(bytes.data());
}

bool read_ipv4(const Packet& packet, Headers& headers) noexcept {
  constexpr uint16_t kFragment = 0x3fff;  // More fragments, or an offset.
  std::array<std::byte, kIpv4> ip;
  if (!copy_out(packet, headers.network, ip.data(), ip.size())) return false;
  const uint32_t size = (static_cast<uint32_t>(ip[0]) & 0xf) * 4;
  headers.transport = headers.network + size;
  headers.addresses = headers.network + 12;
  headers.address_size = 4;
  headers.protocol = static_cast<uint8_t>(ip[9]);
  return static_cast<uint8_t>(ip[0]) >> 4 == 4 && size >= kIpv4 && (load<be16>(ip.data() + 6) & kFragment) == 0;
}

bool read_ipv6(const Packet& packet, Headers& headers) noexcept {
  const auto version = peek<uint8_t>(packet, headers.network);
  const auto next = peek<uint8_t>(packet, headers.network + 6);
  if (!next || *version >> 4 != 6) return false;
  headers.protocol = *next;
  headers.transport = headers.network + kIpv6;
  headers.addresses = headers.network + 8;
  headers.address_size = 16;
  for (uint32_t i = 0; i < kMostOptions; ++i) {
    if (headers.protocol != IPPROTO_HOPOPTS && headers.protocol != IPPROTO_DSTOPTS) return true;
    const auto option = peek<uint8_t>(packet, headers.transport), size = peek<uint8_t>(packet, headers.transport + 1);
    if (!size) return false;
    headers.protocol = *option;
    headers.transport += (*size + 1u) * 8;
  }
  return false;
}

std::optional<Headers> read(const Packet& packet) noexcept {
  Headers headers{.network = kEthernetHeader};
  auto type = peek<be16>(packet, kTypeAt);
  for (uint32_t i = 0; i < kMostTags && type && (*type == ETH_P_8021Q || *type == ETH_P_8021AD); ++i) {
    type = peek<be16>(packet, headers.network + 2);
    headers.network += kVlanTag;
  }
  if (!type) return std::nullopt;
  const bool known = *type == ETH_P_IP     ? read_ipv4(packet, headers)
                     : *type == ETH_P_IPV6 ? read_ipv6(packet, headers)
                                           : false;
  return known ? std::optional(headers) : std::nullopt;
}

/// Bytes of the transport header; 0 when it is none that can be cut.
uint32_t transport_size(const Packet& packet, const Headers& headers) noexcept {
  if (headers.protocol == IPPROTO_UDP) return kUdp;
  if (headers.protocol != IPPROTO_TCP) return 0;
  const auto offset = peek<uint8_t>(packet, headers.transport + 12);
  const uint32_t size = offset ? (*offset >> 4) * 4u : 0;
  return size >= kTcp ? size : 0;
}

uint16_t pseudo_header(const Packet& packet, const Headers& headers) noexcept {
  std::array<std::byte, 32> addresses{};
  copy_out(packet, headers.addresses, addresses.data(), 2 * headers.address_size);
  std::array<std::byte, 8> rest{};
  store(rest.data(), be32(packet.len - headers.transport));
  rest[7] = static_cast<std::byte>(headers.protocol);
  return checksum_fold(checksum_add(rest, checksum_add(addresses)));
}

}  // namespace

void mark_large(Packet& packet, uint32_t mtu) noexcept {
  if (mtu == 0 || packet.len <= mtu + kEthernetHeader || packet.gso_size != 0) return;
  const auto headers = read(packet);
  if (!headers || packet.len - headers->network <= mtu) return;
  const uint32_t size = transport_size(packet, *headers);
  const uint32_t begin = headers->transport + size;
  if (size == 0 || begin >= packet.len || begin - headers->network >= mtu || unclone(packet) != 0) return;
  const bool tcp = headers->protocol == IPPROTO_TCP;
  const uint16_t check = pseudo_header(packet, *headers);
  packet.checksum_offset = tcp ? kTcpCheckAt : kUdpCheckAt;
  if (!copy_in(packet, headers->transport + packet.checksum_offset, reinterpret_cast<const std::byte*>(&check), 2))
    return;
  packet.checksum = Checksum::partial;
  packet.checksum_start = static_cast<uint16_t>(headers->transport);
  packet.gso_type = !tcp ? Gso::udp_l4 : headers->address_size == 4 ? Gso::tcp4 : Gso::tcp6;
  packet.gso_size = static_cast<uint16_t>(mtu - (begin - headers->network));
  packet.gso_segs = static_cast<uint16_t>((packet.len - begin + packet.gso_size - 1) / packet.gso_size);
}

}  // namespace saya
