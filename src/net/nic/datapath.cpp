// The packet's walk. Read walk() first: everything below it is one step each.
// Order of the stations: Linux 6.18 net/core/dev.c, as semantics a.1 and a.2 have it.
#include "nic/datapath.h"

#include <cerrno>

#include "hook/clsact.h"
#include "hook/xdp.h"
#include "packet/gso.h"
#include "packet/large.h"

namespace saya::nic {

/// Each station takes out the packets that it decides; what is left goes on.
void Datapath::walk(Port& port, Entry entry, Burst& burst) noexcept {
  switch (entry) {
    case Entry::wire:
      xdp(port, burst);  // XDP_DROP and XDP_TX end here; XDP_REDIRECT enters again at `transmit`, elsewhere.
      [[fallthrough]];
    case Entry::peer:
    case Entry::ingress:  // Redirected into a port's receive path.
      ingress(port, entry, burst);
      if (!port.forward) {
        deliver(port, burst);
        return;
      }
      [[fallthrough]];
    case Entry::egress:  // Sent by the host, forwarded, or redirected by tc.
      egress(port, burst);
      validate_xmit(port, burst);
      [[fallthrough]];
    case Entry::transmit: transmit(port, burst);
  }
}

Datapath::Datapath(Nic& nic, abi::Services services, Observer* observer)
    : nic_(nic), services_(services), observer_(observer) {
  services_.datapath = this;
}

size_t Datapath::poll(Port& port, size_t limit) noexcept {
  size_t arrived = 0;
  for (const Entry entry : {Entry::wire, Entry::egress}) {
    port::Queue& queue = entry == Entry::wire ? *port.wire : *port.host;
    burst_.clear();
    burst_.grow(queue.receive(burst_.free_slots().first(limit)));
    if (burst_.size() == 0) continue;
    (entry == Entry::wire ? port.counters.received : port.counters.from_host) += burst_.size();
    for (const PacketPtr& packet : burst_.packets()) {
      packet->number = ++arrivals_;
      packet->ingress_ifindex = entry == Entry::wire ? port.device.ifindex : 0;
    }
    arrived += burst_.size();
    walk(port, entry, burst_);
    drain();
  }
  return arrived;
}

/// Packets that redirects and clones put back on their way, until none is left. Hop bounds make this end.
void Datapath::drain() noexcept {
  while (!pending_.empty()) {
    Pending next = std::move(pending_.front());
    pending_.pop_front();
    burst_.clear();
    burst_.add(std::move(next.packet));
    if (next.program) run_element(next, burst_);
    walk(*next.port, next.entry, burst_);
  }
}

void Datapath::xdp(Port& port, Burst& burst) noexcept {
  const Hooks& hooks = port.hooks.read();
  if (!hooks.xdp || burst.size() == 0) return;
  hook::run_xdp(*hooks.xdp, hook::Point::xdp, burst.packets(), outcomes_, {services_, observer_});
  apply(port, hook::Point::xdp, burst);
}

void Datapath::ingress(Port& port, Entry entry, Burst& burst) noexcept {
  for (PacketPtr& packet : burst.packets()) {
    const uint32_t priority = packet->skb.priority;
    const bool fresh = !packet->skb.valid;
    if (!enter_tc_ingress(*packet, port.device)) {
      drop(port, std::move(packet), abi::Drop::malformed);
    } else if (entry == Entry::peer) {
      packet->skb.priority = priority;
      packet->skb.pkt_type = 0;  // PACKET_HOST, whatever its address.
    } else if (fresh) {
      mark_large(*packet, port.mtu);  // Put together behind XDP, as GRO does.
    }
  }
  burst.compact();
  const Hooks& hooks = port.hooks.read();
  tc(port, hook::Point::tcx_ingress, hooks.tcx_ingress, hook::Point::ingress, hooks.ingress, burst);
}

void Datapath::egress(Port& port, Burst& burst) noexcept {
  for (PacketPtr& packet : burst.packets()) {
    if (!packet->skb.valid) mark_large(*packet, port.mtu);
    enter_tc_egress(*packet, port.device);
  }
  const Hooks& hooks = port.hooks.read();
  tc(port, hook::Point::tcx_egress, hooks.tcx_egress, hook::Point::egress, hooks.egress, burst);
}

void Datapath::tc(Port& port, hook::Point tcx, const hook::TcxList& programs, hook::Point point,
                  const hook::FilterList& filters, Burst& burst) noexcept {
  if (burst.size() == 0 || (programs.empty() && filters.entered().empty())) return;
  const hook::Context context{services_, observer_};
  if (programs.empty()) {
    hook::run_clsact(filters, point, burst.packets(), outcomes_, context);
  } else {
    hook::run_tcx(programs, tcx, burst.packets(), outcomes_, context);
    hook::continue_clsact(filters, point, burst.packets(), outcomes_, context);
  }
  apply(port, point, burst);
}

/// What the device cannot do itself is done here: the tag beside the frame goes into it, a packet larger than the
/// device takes is cut, and checksums that were left open are computed.
void Datapath::validate_xmit(Port& port, Burst& burst) noexcept {
  bool cut = false;
  for (PacketPtr& packet : burst.packets()) {
    int error = insert_vlan_tag(*packet);
    if (error == 0 && packet->gso_size == 0) error = finish_checksum(*packet);
    if (error != 0)
      drop(port, std::move(packet), error == -ENOMEM ? abi::Drop::no_memory : abi::Drop::malformed);
    else
      cut = cut || packet->gso_size != 0;
  }
  burst.compact();
  if (!cut) return;
  for (PacketPtr& packet : burst.packets()) split(port, std::move(packet));
  burst.clear();
  flush_segments(port);
}

/// Puts the packet's segments, or the packet, behind what is about to be transmitted.
void Datapath::split(Port& port, PacketPtr packet) noexcept {
  if (packet->gso_size == 0) return add_segment(port, std::move(packet));
  const auto plan = plan_segments(*packet);
  if (!plan) return drop(port, std::move(packet), abi::Drop::segmentation);
  for (uint32_t i = 0; i + 1 < plan->segments; ++i) {
    PacketPtr segment = make_segment(*packet, *plan, i);
    if (!segment) return drop(port, std::move(packet), abi::Drop::no_memory);
    ++port.counters.split;
    if (observer_) observer_->on_copy(*packet, *segment);
    add_segment(port, std::move(segment));
  }
  if (become_segment(*packet, *plan, plan->segments - 1) == 0) return add_segment(port, std::move(packet));
  drop(port, std::move(packet), abi::Drop::no_memory);
}

void Datapath::add_segment(Port& port, PacketPtr packet) noexcept {
  segments_.add(std::move(packet));
  if (segments_.size() == hook::kBurst) flush_segments(port);
}

void Datapath::flush_segments(Port& port) noexcept {
  transmit(port, segments_);
  segments_.clear();
}

void Datapath::deliver(Port& port, Burst& burst) noexcept {
  port.counters.delivered += hand_over(port, *port.host, burst, Fate::delivered);
}

void Datapath::transmit(Port& port, Burst& burst) noexcept {
  port.counters.transmitted += hand_over(port, *port.wire, burst, Fate::transmitted);
}

/// Gives the burst to one side of the port and returns how many it took; the others are dropped.
size_t Datapath::hand_over(Port& port, port::Queue& queue, Burst& burst, Fate fate) noexcept {
  if (burst.size() == 0) return 0;
  if (observer_)
    for (const PacketPtr& packet : burst.packets()) observer_->on_end(*packet, port, fate, {});
  const size_t taken = queue.transmit(burst.packets());
  for (PacketPtr& packet : burst.packets().subspan(taken)) drop(port, std::move(packet), abi::Drop::transmit);
  return taken;
}

/// Carries out a hook's decisions; packets that pass stay in the burst.
void Datapath::apply(Port& port, hook::Point point, Burst& burst) noexcept {
  hairpin_.clear();
  for (size_t i = 0; PacketPtr & packet : burst.packets()) {
    const hook::Outcome& outcome = outcomes_[i++];
    switch (outcome.effect) {
      case abi::Effect::pass:
      case abi::Effect::next: break;
      case abi::Effect::drop: drop(port, std::move(packet), outcome.reason); break;
      case abi::Effect::consume: consume(port, std::move(packet)); break;
      case abi::Effect::transmit: hairpin_.add(std::move(packet)); break;
      case abi::Effect::redirect: redirect(port, point, std::move(packet), outcome.redirect); break;
    }
  }
  transmit(port, hairpin_);
  burst.compact();
}

void Datapath::consume(Port& port, PacketPtr packet) noexcept {
  if (observer_) observer_->on_end(*packet, port, Fate::consumed, {});
  ++port.counters.consumed;
}

void Datapath::drop(Port& port, PacketPtr packet, abi::Drop reason) noexcept {
  if (observer_) observer_->on_end(*packet, port, Fate::dropped, reason);
  ++port.counters.dropped[static_cast<size_t>(reason)];
}

void Burst::clear() noexcept {
  for (PacketPtr& packet : packets()) packet.reset();
  size_ = 0;
}

void Burst::compact() noexcept {
  size_t kept = 0;
  for (size_t i = 0; i < size_; ++i) {
    if (!slots_[i]) continue;
    if (kept != i) slots_[kept] = std::move(slots_[i]);
    ++kept;
  }
  size_ = kept;
}

std::string_view to_string(Fate fate) noexcept {
  constexpr std::string_view kNames[] = {"delivered", "transmitted", "consumed", "dropped"};
  return kNames[static_cast<size_t>(fate)];
}

}  // namespace saya::nic
