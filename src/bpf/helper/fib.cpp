// bpf_{xdp,skb}_fib_lookup() over the netstate, net/core/filter.c, Linux 6.18: what is written when, and which code is
// returned, are that file's.
#include "helper/fib.h"

#include <linux/bpf.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>

#include "base/bytes.h"
#include "helper/device.h"
#include "helper/errno.h"

namespace saya::helper {
namespace {

enum Flags : uint32_t { kDirect = 1, kOutput = 2, kSkipNeighbour = 4, kTable = 8, kSource = 16, kMark = 32, kAll = 63 };
constexpr size_t kMarkAt = offsetof(bpf_fib_lookup, smac);  // Shares its place; headers before Linux 6.8 lack it.
constexpr uint32_t kSmallestMtu6 = 1280;
constexpr uint32_t kLargestMtu4 = 0xfff0;  // IP_MAX_MTU.
constexpr uint32_t kVlanTag = 4;
static_assert(sizeof(bpf_fib_lookup) == 64);

/// One lookup: a copy of the program's parameters, and what is asked with them.
class Lookup {
 public:
  Lookup(const Run& run, std::byte* params, uint32_t flags)
      : state_(run.services->netstate), run_(run), to_(params), flags_(flags) {
    p_ = load<bpf_fib_lookup>(params);
  }
  ~Lookup() { store(to_, p_); }
  Lookup(const Lookup&) = delete;
  Lookup& operator=(const Lookup&) = delete;

  int run(bool check_mtu) {
    const bool six = p_.family == AF_INET6;
    if (six && (is_strict(p_.ipv6_dst) || is_strict(p_.ipv6_src))) return BPF_FIB_LKUP_RET_NOT_FWDED;
    const auto device = p_.ifindex ? find_device(run_, p_.ifindex) : std::nullopt;
    if (!device) return -ENODEV;
    if (!device->forwarding || (six && device->mtu < kSmallestMtu6)) return BPF_FIB_LKUP_RET_FWD_DISABLED;
    const Route* route = find_route();
    if (const int refusal = refuse(route)) return refusal;
    if (check_mtu) {
      mtu_ = mtu_of(*route);
      if (p_.tot_len > mtu_) {
        p_.tot_len = static_cast<uint16_t>(mtu_);
        return BPF_FIB_LKUP_RET_FRAG_NEEDED;
      }
    }
    if (route->encapsulates) return BPF_FIB_LKUP_RET_UNSUPP_LWT;
    return take(*route);
  }

  /// What tc does when the program did not give a length.
  int check_packet(const Packet& packet) {
    const auto device = find_device(run_, p_.ifindex);
    if (!device) return BPF_FIB_LKUP_RET_SUCCESS;
    p_.tot_len = static_cast<uint16_t>(device->mtu);
    const bool fits = packet.len <= device->mtu + kEthernetHeader + kVlanTag || packet.gso_size != 0;
    return device->up && fits ? BPF_FIB_LKUP_RET_SUCCESS : BPF_FIB_LKUP_RET_FRAG_NEEDED;
  }

 private:
  /// Multicast and link-local addresses are never forwarded.
  static bool is_strict(const uint32_t* address) {
    const auto bytes = ip_from(AF_INET6, address).bytes;
    return bytes[0] == std::byte{0xff} ||
           (bytes[0] == std::byte{0xfe} && (bytes[1] & std::byte{0xc0}) == std::byte{0x80});
  }
  IpAddress destination() const { return ip_from(p_.family, p_.ipv6_dst); }

  const Route* find_route() {
    RouteQuery query{.destination = destination(), .source = ip_from(p_.family, p_.ipv6_src)};
    query.in = flags_ & kOutput ? kLoopback : p_.ifindex;
    query.out = flags_ & kOutput ? p_.ifindex : 0;
    if (flags_ & kDirect) {
      const Interface* device = state_ ? state_->find_interface(p_.ifindex) : nullptr;
      query.table = device && device->table ? device->table : kMainTable;
      if (flags_ & kTable) query.table = take_table();
    } else if (flags_ & kMark) {
      query.mark = load<uint32_t>(reinterpret_cast<const std::byte*>(&p_) + kMarkAt);
    }
    return state_ ? state_->route(query) : nullptr;
  }

  /// The table that the program names, whose place in the parameters is cleared.
  uint32_t take_table() {
    const auto table = load<uint32_t>(&p_.h_vlan_proto);
    p_.h_vlan_proto = p_.h_vlan_TCI = 0;
    return table ? table : kMainTable;
  }

  /// 0, or why a packet does not go there.
  static int refuse(const Route* route) {
    if (!route) return BPF_FIB_LKUP_RET_NOT_FWDED;
    switch (route->type) {
      case RouteType::unicast: return 0;
      case RouteType::blackhole: return BPF_FIB_LKUP_RET_BLACKHOLE;
      case RouteType::unreachable: return BPF_FIB_LKUP_RET_UNREACHABLE;
      case RouteType::prohibit: return BPF_FIB_LKUP_RET_PROHIBIT;
      default: return BPF_FIB_LKUP_RET_NOT_FWDED;
    }
  }

  uint32_t mtu_of(const Route& route) const {
    if (route.mtu && route.mtu_locked) return route.mtu;
    const auto device = find_device(run_, route.ifindex);
    const uint32_t mtu = device ? device->mtu : 0;
    return p_.family == AF_INET6 ? std::max(mtu, kSmallestMtu6) : std::min(mtu, kLargestMtu4);
  }

  int take(const Route& route) {
    const IpAddress asked = destination();
    p_.rt_metric = route.metric;
    p_.ifindex = route.ifindex;
    if (route.gateway.family != 0) put(route.gateway, p_.ipv6_dst);
    if (flags_ & kSource) {
      const IpAddress source = state_->source_for(route, asked);
      if (source.family == 0 && asked.family == AF_INET6) return BPF_FIB_LKUP_RET_NO_SRC_ADDR;
      put({asked.family, source.bytes}, p_.ipv6_src);
    }
    if (route.gateway.family == AF_INET6) p_.family = AF_INET6;
    if (!(flags_ & kSkipNeighbour))
      if (const int error = take_neighbour(route.ifindex)) return error;
    p_.h_vlan_TCI = p_.h_vlan_proto = 0;
    if (mtu_) p_.tot_len = static_cast<uint16_t>(mtu_);
    return BPF_FIB_LKUP_RET_SUCCESS;
  }

  int take_neighbour(uint32_t ifindex) {
    const Neighbour* neighbour = state_->neighbour(ifindex, destination());
    if (!neighbour || !neighbour->usable()) return BPF_FIB_LKUP_RET_NO_NEIGH;
    const auto device = find_device(run_, ifindex);
    std::memcpy(p_.dmac, neighbour->mac.data(), sizeof p_.dmac);
    if (device) std::memcpy(p_.smac, device->mac.data(), sizeof p_.smac);
    return 0;
  }

  static void put(const IpAddress& address, uint32_t* to) {
    std::memcpy(to, address.bytes.data(), address.family == AF_INET ? 4 : 16);
  }

  const Netstate* const state_;
  const Run& run_;
  std::byte* const to_;
  const uint32_t flags_;
  bpf_fib_lookup p_;
  uint32_t mtu_ = 0;
};

}  // namespace

uint64_t fib_lookup(Run& run, Packet* packet, std::byte* params, int32_t size, uint32_t flags) noexcept {
  if (static_cast<size_t>(size) < sizeof(bpf_fib_lookup) || (flags & ~kAll)) return result(-EINVAL);
  const auto family = static_cast<uint8_t>(params[0]);
  if (family != AF_INET && family != AF_INET6) return result(-EAFNOSUPPORT);
  Lookup lookup(run, params, flags);
  const bool skb = run.hook != abi::Hook::xdp;
  const bool check_mtu = !skb || load<uint16_t>(params + offsetof(bpf_fib_lookup, tot_len)) != 0;
  const int answer = lookup.run(check_mtu);
  if (answer != BPF_FIB_LKUP_RET_SUCCESS || check_mtu) return result(answer);
  return result(lookup.check_packet(*packet));
}

}  // namespace saya::helper
