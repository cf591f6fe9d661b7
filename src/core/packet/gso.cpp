// Software segmentation: tcp_gso_segment(), __udp_gso_segment(), inet_gso_segment(), ipv6_gso_segment() and
// skb_checksum_help() of Linux 6.18. A checksum field holds the sum of the pseudo header until it is finished; a
// segment corrects it by the difference of the lengths, so what a program did to the field stays in it, as in the
// kernel.
#include "packet/gso.h"

#include <linux/if_ether.h>
#include <linux/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/bytes.h"
#include "packet/checksum.h"
#include "packet/pool.h"

namespace saya {
namespace {

constexpr uint32_t kTypeAt = 12, kVlanTag = 4;
constexpr uint32_t kIpv4 = 20, kMostIpv4 = 60, kIpv6 = 40, kUdp = 8, kTcp = 20;
constexpr uint32_t kMostHeaders = 512;  // MAC, tags, IP with options or extensions, TCP with options.
constexpr uint32_t kUdpLengthAt = 4, kUdpCheckAt = 6, kTcpSequenceAt = 4, kTcpFlagsAt = 13, kTcpCheckAt = 16;
constexpr std::byte kFin{0x01}, kPush{0x08}, kCwr{0x80};
constexpr uint16_t kMangledZero = 0xffff;  // What stands for a sum of zero where zero means "none".

bool is_tcp(const Packet& packet) noexcept { return packet.gso_type != Gso::udp_l4; }

template <class T>
T peek(const Packet& packet, uint32_t offset) noexcept {
  std::array<std::byte, sizeof(T)> bytes{};
  copy_out(packet, offset, bytes.data(), sizeof(T));
  return load<T>(bytes.data());
}

/// The header behind the Ethernet header and its tags: its EtherType, and where it begins.
uint16_t find_network(const Packet& packet, uint32_t& at) noexcept {
  at = kEthernetHeader;
  uint16_t type = peek<be16>(packet, kTypeAt);
  for (; (type == ETH_P_8021Q || type == ETH_P_8021AD) && at + kVlanTag <= kMostHeaders; at += kVlanTag)
    type = peek<be16>(packet, at + 2);
  return type;
}

/// Whether the IP header at plan.network is followed by the transport that gso_type says, where the checksum begins.
bool check_network(const Packet& packet, uint16_t type, GsoPlan& plan) noexcept {
  const uint8_t transport = is_tcp(packet) ? IPPROTO_TCP : IPPROTO_UDP;
  plan.ipv6 = type == ETH_P_IPV6;
  if (plan.ipv6 ? packet.gso_type == Gso::tcp4 : type != ETH_P_IP || packet.gso_type == Gso::tcp6) return false;
  if (plan.ipv6) {
    const bool adjacent = plan.transport == plan.network + kIpv6;  // Else extension headers lie between.
    return plan.transport >= plan.network + kIpv6 &&
           (!adjacent || peek<uint8_t>(packet, plan.network + 6) == transport);
  }
  const uint32_t header = (peek<uint8_t>(packet, plan.network) & 0xfu) * 4u;
  return header >= kIpv4 && plan.transport == plan.network + header &&
         peek<uint8_t>(packet, plan.network + 9) == transport;
}

/// Whether a tunnel's headers begin at `at`: IP, and behind it IP, GRE or UDP. The plan gets where they are.
bool read_tunnel(const Packet& packet, uint16_t type, uint32_t at, GsoPlan& plan) noexcept {
  if (!packet.skb.encapsulated || (type != ETH_P_IP && type != ETH_P_IPV6)) return false;
  plan.outer = at;
  plan.outer_ipv6 = type == ETH_P_IPV6;
  const uint32_t header = plan.outer_ipv6 ? kIpv6 : (peek<uint8_t>(packet, at) & 0xfu) * 4u;
  const auto protocol = peek<uint8_t>(packet, at + (plan.outer_ipv6 ? 6 : 9));
  if (protocol == IPPROTO_UDP) plan.outer_udp = at + header;
  return header >= kIpv4 &&
         (protocol == IPPROTO_UDP || protocol == IPPROTO_GRE || protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6);
}

/// The IP header that ends where the transport header begins; the tunnel's protocol may put anything in front of it.
bool find_inner(const Packet& packet, GsoPlan& plan) noexcept {
  const auto fits = [&](uint32_t header, uint16_t type, unsigned version) {
    if (plan.transport < plan.outer + kIpv4 + header) return false;
    plan.network = plan.transport - header;
    return peek<uint8_t>(packet, plan.network) >> 4 == version && check_network(packet, type, plan);
  };
  if (packet.gso_type != Gso::tcp4 && fits(kIpv6, ETH_P_IPV6, 6)) return true;
  for (uint32_t header = kIpv4; header <= kMostIpv4; header += 4)
    if (fits(header, ETH_P_IP, 4)) return true;
  return false;
}

bool find_headers(const Packet& packet, GsoPlan& plan) noexcept {
  uint32_t at = 0;
  const uint16_t type = find_network(packet, at);
  if (read_tunnel(packet, type, at, plan) && find_inner(packet, plan)) return true;
  plan.outer = plan.outer_udp = 0;
  plan.network = at;
  return check_network(packet, type, plan);
}

/// The whole of `bytes` as the sum that a checksum field of the packet needs.
uint32_t sum_from(const Packet& packet, uint32_t offset) noexcept {
  std::array<std::byte, 1024> piece;  // Even, so that pieces add up.
  uint32_t sum = 0;
  while (offset < packet.len) {
    const auto size = std::min(packet.len - offset, static_cast<uint32_t>(piece.size()));
    copy_out(packet, offset, piece.data(), size);
    sum = checksum_add(std::span(piece).first(size), sum);
    offset += size;
  }
  return sum;
}

/// Gives the packet its own linear bytes: the headers and its share of the payload of `from`, which may be itself.
int take_share(Packet& packet, const Packet& from, const GsoPlan& plan, uint32_t number) noexcept {
  const uint32_t begin = plan.headers + number * plan.payload;
  const uint32_t share = std::min(plan.payload, from.len - begin);
  const uint32_t size = plan.headers + share;
  Buffer* const head = from.pool->take_buffer(kHeadroom + size);
  if (!head) return -ENOMEM;
  std::byte* const data = head->begin + kHeadroom;
  std::memset(head->begin, 0, kHeadroom);
  copy_out(from, 0, data, plan.headers);
  copy_out(from, begin, data + plan.headers, share);
  Pool::release(packet.head);
  for (size_t i = 0; i < packet.fragment_count; ++i) Pool::release(packet.fragments[i].buffer);
  packet.fragment_count = 0;
  packet.head = head;
  packet.data = packet.data_meta = data;
  packet.data_end = data + size;
  packet.len = size;
  packet.gso_size = packet.gso_segs = 0;
  return 0;
}

void fix_network(Packet& packet, uint32_t at, bool ipv6, uint32_t number) noexcept {
  std::byte* const ip = packet.data + at;
  const uint32_t size = packet.len - at;
  if (ipv6) {
    store(ip + 4, be16(static_cast<uint16_t>(size - kIpv6)));
    return;
  }
  store(ip + 2, be16(static_cast<uint16_t>(size)));
  store(ip + 4, be16(static_cast<uint16_t>(load<be16>(ip + 4) + number)));
  store(ip + 10, uint16_t{0});
  const size_t header = (static_cast<size_t>(*ip) & 0xf) * 4;
  store(ip + 10, static_cast<uint16_t>(~checksum_fold(checksum_add(std::span(ip, header)))));
}

/// The pseudo header's sum in the field at `at`, with one length in it replaced by another.
void reseed(std::byte* at, uint32_t from, uint32_t to) noexcept {
  const auto word = [](uint32_t length) { return be16(static_cast<uint16_t>(length)).raw(); };
  const uint32_t without = checksum_combine(load<uint16_t>(at), static_cast<uint16_t>(~word(from)));
  store(at, checksum_fold(checksum_combine(without, word(to))));
}

void fix_tcp(Packet& packet, const GsoPlan& plan, uint32_t number, uint32_t old_size) noexcept {
  std::byte* const tcp = packet.data + plan.transport;
  store(tcp + kTcpSequenceAt, be32(load<be32>(tcp + kTcpSequenceAt) + number * plan.payload));
  if (number + 1 < plan.segments) tcp[kTcpFlagsAt] &= ~(kFin | kPush);
  if (number > 0) tcp[kTcpFlagsAt] &= ~kCwr;
  reseed(tcp + kTcpCheckAt, old_size, packet.len - plan.transport);
}

void fix_udp(Packet& packet, const GsoPlan& plan) noexcept {
  std::byte* const udp = packet.data + plan.transport;
  const uint32_t size = packet.len - plan.transport;
  reseed(udp + kUdpCheckAt, load<be16>(udp + kUdpLengthAt), size);
  store(udp + kUdpLengthAt, be16(static_cast<uint16_t>(size)));
}

/// A tunnel's UDP checksum stays what the program wrote.
void fix_tunnel(Packet& packet, const GsoPlan& plan, uint32_t number) noexcept {
  if (plan.outer == 0) return;
  fix_network(packet, plan.outer, plan.outer_ipv6, number);
  if (plan.outer_udp)
    store(packet.data + plan.outer_udp + kUdpLengthAt, be16(static_cast<uint16_t>(packet.len - plan.outer_udp)));
}

/// Makes `packet`, which holds the bytes of `from` or is `from`, one of its segments.
int cut(Packet& packet, const Packet& from, const GsoPlan& plan, uint32_t number) noexcept {
  const uint32_t old_size = from.len - plan.transport;
  if (const int error = take_share(packet, from, plan, number)) return error;
  fix_network(packet, plan.network, plan.ipv6, number);
  fix_tunnel(packet, plan, number);
  const bool tcp = is_tcp(packet);
  if (tcp)
    fix_tcp(packet, plan, number, old_size);
  else
    fix_udp(packet, plan);
  const uint16_t check = static_cast<uint16_t>(~checksum_fold(sum_from(packet, plan.transport)));
  store(packet.data + plan.transport + (tcp ? kTcpCheckAt : kUdpCheckAt), !tcp && check == 0 ? kMangledZero : check);
  packet.gso_type = Gso::none;
  packet.checksum = Checksum::none;
  return 0;
}

}  // namespace

std::optional<GsoPlan> plan_segments(const Packet& packet) noexcept {
  if (packet.gso_type == Gso::none || packet.gso_size == 0 || packet.checksum != Checksum::partial) return std::nullopt;
  GsoPlan plan{.transport = packet.checksum_start};
  if (!find_headers(packet, plan)) return std::nullopt;
  const uint32_t header = is_tcp(packet) ? (peek<uint8_t>(packet, plan.transport + 12) >> 4) * 4u : kUdp;
  if (is_tcp(packet) && header < kTcp) return std::nullopt;
  plan.headers = plan.transport + header;
  plan.payload = packet.gso_size;
  if (plan.headers > kMostHeaders || plan.headers >= packet.len || packet.len - plan.headers <= plan.payload)
    return std::nullopt;
  plan.segments = (packet.len - plan.headers + plan.payload - 1) / plan.payload;
  return plan;
}

PacketPtr make_segment(const Packet& packet, const GsoPlan& plan, uint32_t number) noexcept {
  PacketPtr segment = clone(packet);
  if (!segment || cut(*segment, packet, plan, number) != 0) return nullptr;
  return segment;
}

int become_segment(Packet& packet, const GsoPlan& plan, uint32_t number) noexcept {
  return cut(packet, packet, plan, number);
}

int finish_checksum(Packet& packet) noexcept {
  if (packet.checksum != Checksum::partial) return 0;
  const uint32_t at = packet.checksum_start + uint32_t{packet.checksum_offset};
  if (at + sizeof(uint16_t) > packet.len) return -EINVAL;
  if (packet.shared())
    if (const int error = unclone(packet)) return error;
  const uint16_t check = static_cast<uint16_t>(~checksum_fold(sum_from(packet, packet.checksum_start)));
  const uint16_t stored = check ? check : kMangledZero;
  copy_in(packet, at, reinterpret_cast<const std::byte*>(&stored), sizeof stored);
  packet.checksum = Checksum::none;
  return 0;
}

}  // namespace saya
