// net/core/flow_dissector.c, Linux 6.18, with what skb_get_hash() asks of it: it stops at a flow label and at
// fragments.
#include "packet/flow_keys.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "base/bytes.h"

namespace saya {
namespace {

constexpr uint32_t kMostHeaders = 15;  // MAX_FLOW_DISSECT_HDRS.
constexpr uint16_t kPppIp = 0x0021, kPppIp6 = 0x0057;
constexpr uint16_t kAcknowledged = 0x0080;  // A flag of GRE version 1.

bool is_vlan(uint16_t protocol) noexcept { return protocol == ETH_P_8021Q || protocol == ETH_P_8021AD; }

/// One walk from header to header.
class Dissector {
 public:
  Dissector(const Packet& packet, FlowKeys& keys) noexcept : packet_(packet), keys_(keys) {
    at_ = static_cast<uint32_t>(packet.skb.network_header);
    keys.protocol = packet.vlan.present ? packet.vlan.proto : packet.skb.protocol;
  }

  bool run() noexcept {
    Next next = Next::protocol;
    for (uint32_t headers = 0; headers <= kMostHeaders && next < Next::done; ++headers)
      next = next == Next::protocol ? network() : transport();
    keys_.transport = std::min(at_, packet_.len);
    return next != Next::bad;
  }

 private:
  enum class Next : uint8_t { protocol, ip_protocol, done, bad };

  template <size_t kBytes>
  bool read(std::array<std::byte, kBytes>& to, uint32_t ahead = 0) const noexcept {
    return copy_out(packet_, at_ + ahead, to.data(), kBytes);
  }

  Next network() noexcept {
    if (is_vlan(keys_.protocol)) return vlan();
    switch (keys_.protocol) {
      case ETH_P_IP: return ipv4();
      case ETH_P_IPV6: return ipv6();
      case ETH_P_PPP_SES: return pppoe();
      case ETH_P_MPLS_UC:
      case ETH_P_MPLS_MC: return Next::done;
      default: return Next::bad;
    }
  }

  Next vlan() noexcept {
    constexpr uint16_t kDropEligible = 0x1000;  // Is no part of struct flow_dissector_key_vlan's identity.
    const uint16_t outer = keys_.protocol;
    uint16_t tag = packet_.vlan.tci;
    if (!tagged_ && packet_.vlan.present) {
      keys_.protocol = packet_.skb.protocol;
    } else {
      std::array<std::byte, 4> header;
      if (!read(header)) return Next::bad;
      tag = load<be16>(header.data());
      keys_.protocol = load<be16>(header.data() + 2);
      at_ += header.size();
    }
    // skb_get_hash() does not ask for FLOW_DISSECTOR_KEY_CVLAN.
    if (!tagged_)
      keys_.vlan = uint64_t{outer} << 32 | uint64_t{keys_.protocol} << 16 | static_cast<uint16_t>(tag & ~kDropEligible);
    tagged_ = true;
    return Next::protocol;
  }

  Next ipv4() noexcept {
    std::array<std::byte, 20> header;
    if (!read(header)) return Next::bad;
    const uint32_t bytes = (static_cast<uint32_t>(header[0]) & 0xf) * 4;
    if (bytes < header.size()) return Next::bad;
    at_ += bytes;
    keys_.ip_protocol = static_cast<uint8_t>(header[9]);
    addresses(std::span(header).subspan(12), 4);
    constexpr uint16_t kFragment = 0x3fff;  // More fragments, or an offset.
    fragment_ = fragment_ || load<be16>(header.data() + 6) & kFragment;
    return load<be16>(header.data() + 6) & kFragment ? Next::done : transport();
  }

  Next ipv6() noexcept {
    std::array<std::byte, 40> header;
    if (!read(header)) return Next::bad;
    at_ += header.size();
    keys_.ip_protocol = static_cast<uint8_t>(header[6]);
    addresses(std::span(header).subspan(8), 16);
    constexpr uint32_t kFlowLabel = 0xfffff;
    keys_.flow_label = load<be32>(header.data()) & kFlowLabel;
    return keys_.flow_label ? Next::done : transport();
  }

  void addresses(std::span<const std::byte> pair, uint8_t size) noexcept {
    keys_.address_size = size;
    keys_.source = keys_.destination = {};  // Of an outer header there may be more bytes.
    std::memcpy(keys_.source.data(), pair.data(), size);
    std::memcpy(keys_.destination.data(), pair.data() + size, size);
  }

  Next pppoe() noexcept {
    constexpr auto kVersionAndType = std::byte{0x11}, kSession = std::byte{0};
    struct Inner {
      uint16_t ppp, ethernet;
    };
    constexpr Inner kInner[] = {
        {kPppIp,  ETH_P_IP     },
        {kPppIp6, ETH_P_IPV6   },
        {0x0281,  ETH_P_MPLS_UC},
        {0x0283,  ETH_P_MPLS_MC}
    };
    std::array<std::byte, 8> header;
    if (!read(header) || header[0] != kVersionAndType || header[1] != kSession) return Next::bad;
    at_ += header.size();
    const uint16_t inner = load<be16>(header.data() + 6);
    for (const Inner& known : kInner)
      if (known.ppp == inner) {
        keys_.protocol = known.ethernet;
        return Next::protocol;
      }
    return (inner & 0x0101) == 1 ? Next::done : Next::bad;  // RFC 1661, section 2.
  }

  Next transport() noexcept {
    switch (keys_.ip_protocol) {
      case IPPROTO_GRE: return gre();
      case IPPROTO_IPIP: keys_.protocol = ETH_P_IP; return Next::protocol;
      case IPPROTO_IPV6: keys_.protocol = ETH_P_IPV6; return Next::protocol;
      case IPPROTO_MPLS: keys_.protocol = ETH_P_MPLS_UC; return Next::protocol;
      case IPPROTO_HOPOPTS:
      case IPPROTO_ROUTING:
      case IPPROTO_DSTOPTS: return keys_.protocol == ETH_P_IPV6 ? options() : ports();
      case IPPROTO_FRAGMENT: return keys_.protocol == ETH_P_IPV6 ? ipv6_fragment() : ports();
      default: return ports();
    }
  }

  Next options() noexcept {
    std::array<std::byte, 2> header;
    if (!read(header)) return Next::bad;
    keys_.ip_protocol = static_cast<uint8_t>(header[0]);
    at_ += (static_cast<uint32_t>(header[1]) + 1) * 8;
    return Next::ip_protocol;
  }

  Next ipv6_fragment() noexcept {
    std::array<std::byte, 8> header;
    if (!read(header)) return Next::bad;
    keys_.ip_protocol = static_cast<uint8_t>(header[0]);
    at_ += header.size();
    fragment_ = true;
    return Next::done;
  }

  Next gre() noexcept {
    constexpr uint16_t kSum = 0x8000, kRouting = 0x4000, kKey = 0x2000, kSequence = 0x1000, kVersion = 7;
    constexpr uint16_t kPpp = 0x880b;
    std::array<std::byte, 4> header, key;
    if (!read(header)) return Next::bad;
    const uint16_t flags = load<be16>(header.data());
    if (flags & kRouting || (flags & kVersion) > 1) return Next::done;
    const bool pptp = flags & kVersion;
    keys_.protocol = load<be16>(header.data() + 2);
    if (pptp && !(keys_.protocol == kPpp && flags & kKey)) return Next::done;
    uint32_t bytes = header.size() + (flags & kSum ? 4 : 0);
    if (flags & kKey) {
      if (!read(key, bytes)) return Next::bad;
      constexpr uint32_t kCall = 0xffff;  // The rest is the payload's length.
      keys_.gre_key = load<be32>(key.data()) & (pptp ? kCall : ~uint32_t{0});
      bytes += 4;
    }
    if (flags & kSequence) bytes += 4;
    if (pptp) return inner_ppp(bytes + (flags & kAcknowledged ? 4 : 0));
    at_ += bytes;
    return keys_.protocol == ETH_P_TEB ? inner_ethernet() : Next::protocol;
  }

  /// Behind `bytes` of a PPTP header.
  Next inner_ppp(uint32_t bytes) noexcept {
    std::array<std::byte, 4> header;
    if (!read(header, bytes)) return Next::bad;
    const uint16_t inner = load<be16>(header.data() + 2);
    if (inner == kPppIp) keys_.protocol = ETH_P_IP;
    if (inner == kPppIp6) keys_.protocol = ETH_P_IPV6;
    at_ += bytes + static_cast<uint32_t>(header.size());
    return Next::protocol;
  }

  Next inner_ethernet() noexcept {
    std::array<std::byte, 14> header;
    if (!read(header)) return Next::bad;
    keys_.protocol = load<be16>(header.data() + 12);
    at_ += header.size();
    return Next::protocol;
  }

  Next ports() noexcept {
    std::array<std::byte, 4> ports{};
    const uint8_t p = keys_.ip_protocol;
    const bool has_ports = p == IPPROTO_TCP || p == IPPROTO_UDP || p == IPPROTO_DCCP || p == IPPROTO_ESP ||
                           p == IPPROTO_AH || p == IPPROTO_SCTP || p == IPPROTO_UDPLITE;
    if (fragment_) return Next::done;
    if (has_ports && !read(ports, p == IPPROTO_AH ? 4 : 0)) ports = {};
    keys_.source_port = load<be16>(ports.data());
    keys_.destination_port = load<be16>(ports.data() + 2);
    return Next::done;
  }

  const Packet& packet_;
  FlowKeys& keys_;
  uint32_t at_ = 0;
  bool tagged_ = false;
  bool fragment_ = false;
};

/// splitmix64's finisher over each word.
uint64_t stir(uint64_t state, uint64_t word) noexcept {
  uint64_t z = (state ^ word) + 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

bool dissect(const Packet& packet, FlowKeys& keys) noexcept {
  keys = {};
  return Dissector(packet, keys).run();
}

uint32_t flow_hash(const FlowKeys& keys) noexcept {
  constexpr uint64_t kKey = 0x5a7a;  // "saya", more or less: any number would do, a fixed one repeats.
  const auto [low, high] = std::minmax(keys.source, keys.destination);
  const auto [low_port, high_port] = std::minmax(keys.source_port, keys.destination_port);
  const bool symmetric = keys.address_size != 0;
  const uint32_t ports =
      symmetric ? uint32_t{low_port} << 16 | high_port : uint32_t{keys.source_port} << 16 | keys.destination_port;
  uint64_t hash = stir(kKey, uint64_t{keys.protocol} << 16 | uint64_t{keys.ip_protocol} << 8 | keys.address_size);
  hash = stir(hash, keys.vlan);
  hash = stir(hash, uint64_t{keys.flow_label} << 32 | keys.gre_key);
  hash = stir(hash, ports);
  for (const auto& address : {low, high})
    for (size_t i = 0; i < address.size(); i += sizeof(uint64_t)) hash = stir(hash, load<uint64_t>(&address[i]));
  const auto folded = static_cast<uint32_t>(hash ^ hash >> 32);
  return folded ? folded : 1;
}

}  // namespace saya
