// net/core/filter.c, Linux 6.18 (bpf_redirect() and its kin). Whether the port exists is found out later, by the one
// who carries the redirect out (semantics a.3, a.7).
#include "helper/redirect.h"

#include <algorithm>

#include "base/bytes.h"
#include "helper/errno.h"
#include "map/redirect_map.h"

namespace saya::helper {
namespace {

using Target = abi::Redirect::Target;

constexpr uint64_t kIngress = 1;  // BPF_F_INGRESS.
constexpr uint64_t kBroadcast = 8, kExcludeIngress = 16;
constexpr uint64_t kOnMiss = 3;  // Bits of the flags that are the verdict when the map has no element.
constexpr uint64_t kXdpAborted = 0, kXdpRedirect = 4;
constexpr uint64_t kTcShot = 2, kTcRedirect = 7;

/// struct bpf_redir_neigh.
constexpr uint32_t kNeighbourParams = 20;
constexpr uint32_t kAddressAt = 4;

bool has_type(const Map& map, MapKind kind) { return map.spec().type == static_cast<uint32_t>(kind); }

bool leads_to_ports(const Map& map) { return has_type(map, MapKind::devmap) || has_type(map, MapKind::devmap_hash); }

Target target_of(const Map& map) {
  if (leads_to_ports(map)) return Target::interface;
  return has_type(map, MapKind::cpumap) ? Target::cpu : Target::socket;
}

}  // namespace

uint64_t redirect(Run& run, uint32_t ifindex, uint64_t flags) noexcept {
  if (run.hook == abi::Hook::xdp) {
    if (flags) return kXdpAborted;
    run.redirect = {.target = Target::interface, .number = ifindex};
    return kXdpRedirect;
  }
  if (flags & ~kIngress) return kTcShot;
  run.redirect = {.target = flags & kIngress ? Target::interface_ingress : Target::interface, .number = ifindex};
  return kTcRedirect;
}

uint64_t redirect_map(Run& run, Map* map, uint64_t key, uint64_t flags) noexcept {
  if (flags & ~(kOnMiss | (leads_to_ports(*map) ? kBroadcast | kExcludeIngress : 0))) return kXdpAborted;
  if (flags & kBroadcast) {
    run.redirect = {.target = Target::broadcast, .by_map = true, .exclude_ingress = (flags & kExcludeIngress) != 0};
    run.redirect.map = static_cast<const RedirectMap*>(map);
    return kXdpRedirect;
  }
  const auto found = static_cast<const RedirectMap*>(map)->target(static_cast<uint32_t>(key));
  if (!found) {  // Takes back what a map said, but not what bpf_redirect() said.
    if (run.redirect.by_map) run.redirect = {};
    return flags & kOnMiss;
  }
  run.redirect = {.target = target_of(*map), .by_map = true, .number = found->number, .program = found->program};
  return kXdpRedirect;
}

uint64_t redirect_neigh(Run& run, uint32_t ifindex, const std::byte* params, uint32_t size, uint64_t flags) noexcept {
  if (flags || (size && size < kNeighbourParams)) return kTcShot;
  run.redirect = {.target = Target::neighbour, .number = ifindex};
  if (size == 0) return kTcRedirect;
  // A family that is neither IPv4 nor IPv6 leads nowhere; 0 must not be taken for "none given".
  const auto family = load<uint32_t>(params);
  run.redirect.next_hop_family = family == 0 || family > UINT8_MAX ? uint8_t{UINT8_MAX} : static_cast<uint8_t>(family);
  std::copy_n(params + kAddressAt, run.redirect.next_hop.size(), run.redirect.next_hop.begin());
  return kTcRedirect;
}

uint64_t redirect_peer(Run& run, uint32_t ifindex, uint64_t flags) noexcept {
  if (flags) return kTcShot;
  run.redirect = {.target = Target::peer, .number = ifindex};
  return kTcRedirect;
}

uint64_t clone_redirect(Run& run, Packet* skb, uint32_t ifindex, uint64_t flags) noexcept {
  if (flags & ~kIngress) return result(-EINVAL);
  if (skb->gso_size && skb->gso_type == Gso::none) return result(-EBADMSG);
  if (!run.services->datapath) return result(-EINVAL);
  const int sent = run.services->datapath->send_clone(*skb, ifindex, flags & kIngress);
  // The program may go on writing to the frame, and the copy must not see that.
  return result(sent == 0 ? unclone(*skb) : sent);
}

}  // namespace saya::helper
