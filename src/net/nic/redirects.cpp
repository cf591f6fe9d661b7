// Redirects: what a program's verdict sends elsewhere, put on its way. net/core/filter.c, xdp_do_redirect() and
// skb_do_redirect(), kernel/bpf/devmap.c and cpumap.c, Linux 6.18; tables a.3, a.7.
#include <cerrno>

#include "hook/xdp.h"
#include "map/redirect_map.h"
#include "nic/datapath.h"
#include "nic/next_hop.h"

namespace saya::nic {
namespace {

using Target = abi::Redirect::Target;

/// Ethernet header and a VLAN tag: what a frame may have besides the MTU.
constexpr uint32_t kBesidesMtu = 18;

}  // namespace

void Datapath::redirect(Port& port, hook::Point point, PacketPtr packet, const abi::Redirect& target) noexcept {
  if (hook::kind_of(point) == abi::Hook::xdp)
    redirect_from_xdp(port, std::move(packet), target);
  else
    redirect_from_tc(port, point, std::move(packet), target);
}

/// XDP redirects straight to the target's wire, or behind the XDP hook of the port where the packet is.
void Datapath::redirect_from_xdp(Port& port, PacketPtr packet, const abi::Redirect& target) noexcept {
  switch (target.target) {
    case Target::interface:
      if (Port* const to = port_for(*packet, target.number))
        return send_on(port, *to, Entry::transmit, std::move(packet), target.program);
      break;
    case Target::cpu: return send_on(port, port, Entry::ingress, std::move(packet), target.program);
    case Target::socket:
      if (packet->rx_queue_index == target.number) return consume(port, std::move(packet));
      break;
    case Target::broadcast: return broadcast(port, std::move(packet), target);
    default: break;
  }
  drop(port, std::move(packet), abi::Drop::xdp_redirect);
}

/// tc redirects to a port's egress or ingress hook.
void Datapath::redirect_from_tc(Port& port, hook::Point point, PacketPtr packet, const abi::Redirect& target) noexcept {
  Port* to = nic_.find(target.number);
  if (to && target.target == Target::peer) to = point == hook::Point::ingress ? nic_.find(to->peer) : nullptr;
  if (!to || !to->up || target.target == Target::none) return drop(port, std::move(packet), abi::Drop::tc_redirect);
  switch (target.target) {
    case Target::peer: return send_on(port, *to, Entry::peer, std::move(packet));
    case Target::interface_ingress: return send_on(port, *to, Entry::ingress, std::move(packet));
    case Target::neighbour:
      if (!services_.netstate || !write_next_hop(*packet, *to, target, *services_.netstate))
        return drop(port, std::move(packet), abi::Drop::neighbour);
      [[fallthrough]];
    default: return send_on(port, *to, Entry::egress, std::move(packet));
  }
}

/// Every port of a device map gets a copy, and the last one the packet; ports that cannot take it are passed over.
void Datapath::broadcast(Port& port, PacketPtr packet, const abi::Redirect& target) noexcept {
  const uint32_t excluded = target.exclude_ingress ? port.device.ifindex : 0;
  Port* last = nullptr;
  const abi::Executable* program = nullptr;
  bool refused = false;
  target.map->for_each_target([&](const RedirectTarget& each) {
    Port* const to = each.number == excluded ? nullptr : port_for(*packet, each.number);
    if (!to || refused) return;
    refused = last && packet->fragment_count > 0;  // The kernel copies no fragments.
    if (last && !refused) send_clone_on(port, *last, *packet, program);
    last = to;
    program = each.program;
  });
  if (!last || refused) return drop(port, std::move(packet), abi::Drop::xdp_redirect);
  send_on(port, *last, Entry::transmit, std::move(packet), program);
}

/// The port if XDP may send it the packet, or null.
Port* Datapath::port_for(const Packet& packet, uint32_t ifindex) noexcept {
  Port* const to = nic_.find(ifindex);
  if (!to || !to->up) return nullptr;
  return to->mtu == 0 || packet.len <= to->mtu + kBesidesMtu ? to : nullptr;
}

/// Nothing without memory: the kernel counts such a copy nowhere.
void Datapath::send_clone_on(Port& from, Port& to, const Packet& packet, const abi::Executable* program) noexcept {
  PacketPtr copy = clone(packet);
  if (!copy) return;
  if (observer_) observer_->on_copy(packet, *copy);
  ++from.counters.cloned;
  send_on(from, to, Entry::transmit, std::move(copy), program);
}

void Datapath::send_on(Port& from, Port& to, Entry entry, PacketPtr packet, const abi::Executable* program) noexcept {
  packet->nesting = entry == Entry::egress ? static_cast<uint8_t>(packet->nesting + 1) : uint8_t{0};
  if (++packet->hops > kMaxHops || packet->nesting > kMaxNesting || pending_.size() >= kMaxPending) {
    drop(from, std::move(packet), abi::Drop::recursion);
    return;
  }
  ++from.counters.redirected_out;
  ++to.counters.redirected_in;
  pending_.push_back({&to, entry, std::move(packet), program});
}

/// Runs the program of the map's element over the packet that it brought to a port.
void Datapath::run_element(const Pending& at, Burst& burst) noexcept {
  const bool leaves = at.entry == Entry::transmit;
  const hook::Point point = leaves ? hook::Point::devmap : hook::Point::cpumap;
  for (PacketPtr& packet : burst.packets()) {
    packet->egress_ifindex = leaves ? at.port->device.ifindex : 0;
    packet->rx_queue_index = 0;
  }
  hook::run_xdp(*at.program, point, burst.packets(), outcomes_, {services_, observer_});
  apply(*at.port, point, burst);
}

int Datapath::send_clone(const Packet& packet, uint32_t ifindex, bool ingress) noexcept {
  Port* to = nic_.find(ifindex);
  Port* from = nic_.find(packet.skb.ifindex);
  if (!to || !from) return -EINVAL;
  PacketPtr copy = clone(packet);
  if (!copy) return -ENOMEM;
  if (observer_) observer_->on_copy(packet, *copy);
  ++from->counters.cloned;
  if (to->up)
    send_on(*from, *to, ingress ? Entry::ingress : Entry::egress, std::move(copy));
  else
    drop(*from, std::move(copy), abi::Drop::tc_redirect);
  return 0;
}

}  // namespace saya::nic
