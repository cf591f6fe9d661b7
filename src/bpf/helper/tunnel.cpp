// Tunnel keys and options beside a packet. Behaves as net/core/filter.c, Linux 6.18, but that each packet has its own
// where the kernel has one for each CPU. What a device received with every packet comes from the netstate.
#include "helper/tunnel.h"

#include <linux/bpf.h>
#include <netinet/in.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "base/bytes.h"
#include "helper/errno.h"

namespace saya::helper {
namespace {

enum GetFlags : uint64_t { kIpv6 = 1, kWithFlags = 16 };
enum SetFlags : uint64_t { kZeroChecksum = 2, kDontFragment = 4, kSequence = 8, kNoKey = 16 };
/// IP_TUNNEL_*_BIT.
enum Bits : uint16_t {
  kChecksumBit = 1 << 0,
  kKeyBit = 1 << 2,
  kSequenceBit = 1 << 3,
  kDontFragmentBit = 1 << 8,
  kGeneveBit = 1 << 11,
  kVxlanBit = 1 << 12,
  kNoCacheBit = 1 << 13,
  kErspanBit = 1 << 14,
  kGtpBit = 1 << 15
};
constexpr uint16_t kOptionBits = kGeneveBit | kVxlanBit | kErspanBit | kGtpBit;
constexpr uint32_t kLabelMask = 0xfffff;

constexpr size_t kWhole = sizeof(bpf_tunnel_key);
constexpr size_t kLocalAt = kWhole - 16;  // Of local_ipv4, which the headers of Linux 6.0 and before do not have.
constexpr size_t kExtAt = offsetof(bpf_tunnel_key, tunnel_ext), kLabelAt = offsetof(bpf_tunnel_key, tunnel_label);
constexpr size_t kOldest = offsetof(bpf_tunnel_key, remote_ipv6) + 4;
static_assert(kWhole == 44 && kLocalAt == 28);

/// Structures of kernels before have one of these sizes.
bool is_older(size_t size) { return size == kLocalAt || size == kLabelAt || size == kExtAt || size == kOldest; }

/// Addresses are in host order for IPv4.
void put_address(std::byte* to, const Tunnel& tunnel, const std::array<std::byte, 16>& from) {
  std::memset(to, 0, 16);
  if (tunnel.ipv6)
    std::memcpy(to, from.data(), 16);
  else
    store(to, std::byteswap(load<uint32_t>(from.data())));
}

std::array<std::byte, 16> take_address(const std::byte* from, bool six) {
  std::array<std::byte, 16> address{};
  if (six)
    std::memcpy(address.data(), from, 16);
  else
    store(address.data(), std::byteswap(load<uint32_t>(from)));
  return address;
}

/// What the device that the packet came in on received with it.
void receive(const Run& run, Packet& packet) {
  const Skb& skb = packet.skb;
  if (packet.tunnel.present || !skb.at_ingress || !run.services->netstate) return;
  const Interface* device = run.services->netstate->find_interface(skb.ifindex);
  if (!device || !device->tunnel) return;
  const TunnelKey& key = *device->tunnel;
  Tunnel& tunnel = packet.tunnel;
  tunnel.present = true;
  tunnel.transmit = false;
  tunnel.ipv6 = key.remote.family == AF_INET6;
  tunnel.tos = key.tos;
  tunnel.ttl = key.ttl;
  tunnel.option_size = 0;
  tunnel.flags = kKeyBit;
  tunnel.label = key.label;
  tunnel.id = key.id;
  tunnel.source = key.remote.bytes;
  tunnel.destination = key.local.bytes;
}

/// 0, or why the packet has no key of that form.
int refuse(const Packet& packet, uint32_t size, uint64_t flags) {
  if (!packet.tunnel.present || flags & ~(kIpv6 | kWithFlags)) return -EINVAL;
  if (packet.tunnel.ipv6 != ((flags & kIpv6) != 0)) return -EPROTO;
  if (size == kWhole || (is_older(size) && (size != kOldest || !packet.tunnel.ipv6))) return 0;
  return -EINVAL;
}

}  // namespace

uint64_t skb_get_tunnel_key(Run& run, Packet* skb, std::byte* key, uint32_t size, uint64_t flags) noexcept {
  receive(run, *skb);
  if (const int error = refuse(*skb, size, flags)) {
    std::memset(key, 0, size);
    return result(error);
  }
  const Tunnel& tunnel = skb->tunnel;
  std::array<std::byte, kWhole> whole{};
  store(whole.data(), static_cast<uint32_t>(tunnel.id));
  put_address(whole.data() + offsetof(bpf_tunnel_key, remote_ipv6), tunnel, tunnel.source);
  store(whole.data() + offsetof(bpf_tunnel_key, tunnel_tos), tunnel.tos);
  store(whole.data() + offsetof(bpf_tunnel_key, tunnel_ttl), tunnel.ttl);
  if (flags & kWithFlags) store(whole.data() + kExtAt, be16(tunnel.flags));
  if (tunnel.ipv6) store(whole.data() + kLabelAt, tunnel.label);
  put_address(whole.data() + kLocalAt, tunnel, tunnel.destination);
  std::memcpy(key, whole.data(), size);
  return 0;
}

uint64_t skb_set_tunnel_key(Run&, Packet* skb, const std::byte* key, uint32_t size, uint64_t flags) noexcept {
  if (flags & ~uint64_t{kIpv6} & ~(kZeroChecksum | kDontFragment | kSequence | kNoKey)) return result(-EINVAL);
  if (size != kWhole && !is_older(size)) return result(-EINVAL);
  std::array<std::byte, kWhole> whole{};
  std::memcpy(whole.data(), key, size);
  const bool six = flags & kIpv6;
  const auto label = load<uint32_t>(whole.data() + kLabelAt);
  if ((!six && label != 0) || load<uint16_t>(whole.data() + kExtAt) != 0) return result(-EINVAL);

  Tunnel& tunnel = skb->tunnel;
  tunnel.present = tunnel.transmit = true;
  tunnel.ipv6 = six;
  tunnel.tos = load<uint8_t>(whole.data() + offsetof(bpf_tunnel_key, tunnel_tos));
  tunnel.ttl = load<uint8_t>(whole.data() + offsetof(bpf_tunnel_key, tunnel_ttl));
  tunnel.option_size = 0;
  tunnel.flags = static_cast<uint16_t>(kNoCacheBit | (flags & kDontFragment ? kDontFragmentBit : 0) |
                                       (flags & kZeroChecksum ? 0 : kChecksumBit) |
                                       (flags & kSequence ? kSequenceBit : 0) | (flags & kNoKey ? 0 : kKeyBit));
  tunnel.label = six ? label & kLabelMask : 0;
  tunnel.id = load<uint32_t>(whole.data());
  tunnel.destination = take_address(whole.data() + offsetof(bpf_tunnel_key, remote_ipv6), six);
  tunnel.source = take_address(whole.data() + kLocalAt, six);
  return 0;
}

uint64_t skb_get_tunnel_opt(Run& run, Packet* skb, std::byte* options, uint32_t size) noexcept {
  receive(run, *skb);
  const Tunnel& tunnel = skb->tunnel;
  const bool has = tunnel.present && tunnel.flags & kOptionBits;
  const uint32_t known = has && size >= tunnel.option_size ? tunnel.option_size : 0;
  std::memset(options + known, 0, size - known);
  if (!has) return result(-ENOENT);
  if (size < tunnel.option_size) return result(-ENOMEM);
  std::memcpy(options, tunnel.options.data(), known);
  return known;
}

uint64_t skb_set_tunnel_opt(Run&, Packet* skb, const std::byte* options, uint32_t size) noexcept {
  Tunnel& tunnel = skb->tunnel;
  if (!tunnel.present || !tunnel.transmit || size % sizeof(uint32_t) != 0) return result(-EINVAL);
  if (size > kMostTunnelOptions) return result(-ENOMEM);
  tunnel.option_size = static_cast<uint8_t>(size);
  tunnel.flags |= kOptionBits;
  std::memcpy(tunnel.options.data(), options, size);
  return 0;
}

}  // namespace saya::helper
