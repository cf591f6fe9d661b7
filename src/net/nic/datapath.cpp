// The packet's walk. Read walk() first: everything below it is one step each.
// Order of the stations: Linux 6.18 net/core/dev.c, as semantics a.1 and a.2 have it.
#include "nic/datapath.h"

#include <cerrno>

#include "hook/clsact.h"
#include "hook/xdp.h"

namespace saya::nic {

/// Each station takes out the packets that it decides; what is left goes on.
void Datapath::walk(Port& port, Entry entry, Burst& burst) noexcept {
  switch (entry) {
    case Entry::wire:
      xdp(port, burst);  // XDP_DROP and XDP_TX end here; XDP_REDIRECT enters again at `transmit`, elsewhere.
      [[fallthrough]];
    case Entry::ingress:  // Redirected into a port's receive path.
      ingress(port, burst);
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
    walk(*next.port, next.entry, burst_);
  }
}

void Datapath::xdp(Port& port, Burst& burst) noexcept {
  const Hooks& hooks = port.hooks.read();
  if (!hooks.xdp || burst.size() == 0) return;
  hook::run_xdp(*hooks.xdp, burst.packets(), outcomes_, {services_, observer_});
  apply(port, hook::Point::xdp, burst);
}

void Datapath::ingress(Port& port, Burst& burst) noexcept {
  for (PacketPtr& packet : burst.packets())
    if (!enter_tc_ingress(*packet, port.device)) drop(port, std::move(packet), abi::Drop::malformed);
  burst.compact();
  clsact(port, hook::Point::ingress, port.hooks.read().ingress, burst);
}

void Datapath::egress(Port& port, Burst& burst) noexcept {
  for (PacketPtr& packet : burst.packets()) enter_tc_egress(*packet, port.device);
  clsact(port, hook::Point::egress, port.hooks.read().egress, burst);
}

void Datapath::clsact(Port& port, hook::Point point, const hook::FilterList& filters, Burst& burst) noexcept {
  if (filters.entered().empty() || burst.size() == 0) return;
  hook::run_clsact(filters, point, burst.packets(), outcomes_, {services_, observer_});
  apply(port, point, burst);
}

/// What the device cannot do itself is done here: the tag beside the frame goes into it.
void Datapath::validate_xmit(Port& port, Burst& burst) noexcept {
  for (PacketPtr& packet : burst.packets())
    if (insert_vlan_tag(*packet) != 0) drop(port, std::move(packet), abi::Drop::no_memory);
  burst.compact();
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

/// XDP redirects straight to the target's wire; tc redirects to its egress or ingress hook.
void Datapath::redirect(Port& port, hook::Point point, PacketPtr packet, const abi::Redirect& target) noexcept {
  const bool at_xdp = point == hook::Point::xdp;
  Port* to = target.target == abi::Redirect::Target::none ? nullptr : nic_.find(target.ifindex);
  if (!to) {
    drop(port, std::move(packet), at_xdp ? abi::Drop::xdp_redirect : abi::Drop::tc_redirect);
    return;
  }
  const bool into = target.target == abi::Redirect::Target::interface_ingress;
  send_on(port, *to, at_xdp ? Entry::transmit : into ? Entry::ingress : Entry::egress, std::move(packet));
}

void Datapath::send_on(Port& from, Port& to, Entry entry, PacketPtr packet) noexcept {
  packet->nesting = entry == Entry::egress ? static_cast<uint8_t>(packet->nesting + 1) : uint8_t{0};
  if (++packet->hops > kMaxHops || packet->nesting > kMaxNesting || pending_.size() >= kMaxPending) {
    drop(from, std::move(packet), abi::Drop::recursion);
    return;
  }
  ++from.counters.redirected_out;
  ++to.counters.redirected_in;
  pending_.push_back({&to, entry, std::move(packet)});
}

int Datapath::send_clone(const Packet& packet, uint32_t ifindex, bool ingress) noexcept {
  Port* to = nic_.find(ifindex);
  Port* from = nic_.find(packet.skb.ifindex);
  if (!to || !from) return -EINVAL;
  PacketPtr copy = clone(packet);
  if (!copy) return -ENOMEM;
  ++from->counters.cloned;
  send_on(*from, *to, ingress ? Entry::ingress : Entry::egress, std::move(copy));
  return 0;
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
