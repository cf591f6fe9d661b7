// clsact verdicts. Semantics: Linux 6.18 net/sched/cls_bpf.c cls_bpf_classify(), net/core/dev.c tc_run(); tables a.4,
// a.5.
#include "hook/clsact.h"

#include <bitset>

#include "hook/burst.h"

namespace saya::hook {
namespace {

using Decided = std::bitset<kBurst>;

/// What `protocol` of a filter is compared with: a tag beside the frame comes first.
uint16_t protocol_of(const Packet& packet) { return packet.vlan.present ? packet.vlan.proto : packet.skb.protocol; }

bool matches(const Filter& filter, const Packet& packet) {
  return filter.protocol == kProtocolAll || filter.protocol == protocol_of(packet);
}

/// TC_ACT_OK: the packet goes on, and its tc_index becomes the class it was given.
Outcome pass(Packet& packet, uint32_t classid) {
  packet.skb.tc_index = static_cast<uint16_t>(classid);
  return {};
}

/// Direct action: the return value is the verdict. Effect::next for what goes on to the next filter.
Outcome direct_action(const abi::Run& run, int32_t code, Point point) {
  const abi::Verdict* verdict = abi::find_verdict(abi::Hook::tc, code);
  const abi::Effect effect = verdict ? verdict->effect : abi::Effect::next;
  if (effect == abi::Effect::pass) return pass(*run.packet, run.packet->skb.tc_classid);
  const abi::Drop reason = point == Point::ingress ? abi::Drop::tc_ingress : abi::Drop::tc_egress;
  return {.effect = effect, .reason = reason, .redirect = run.redirect};
}

/// Classifier mode: 0 is no match, -1 the filter's own class, anything else the class. No actions, so a match passes.
Outcome classify(const abi::Run& run, int32_t code, const Filter& filter) {
  if (code == 0) return {.effect = abi::Effect::next};
  return pass(*run.packet, code == -1 ? filter.classid : static_cast<uint32_t>(code));
}

Outcome outcome_of(const abi::Run& run, int32_t code, const Filter& filter, Point point) {
  if (run.faulted) return {.effect = abi::Effect::drop, .reason = abi::Drop::program_fault};
  return filter.direct_action ? direct_action(run, code, point) : classify(run, code, filter);
}

/// A program may write the frame, so it must be the packet's own. False when there is no memory for that.
bool prepare(const Filter& filter, Packet& packet) {
  packet.skb.tc_classid = static_cast<uint16_t>(filter.classid);
  return !packet.shared() || !filter.program->identity().writes_packet || unclone(packet) == 0;
}

void report(const Filter& filter, Point point, const abi::Run& run, int32_t code, Observer* observer) {
  if (!observer) return;
  observer->on_verdict(*run.packet, {.point = point,
                                     .program = *filter.program,
                                     .pref = filter.pref,
                                     .handle = filter.handle,
                                     .code = code,
                                     .direct_action = filter.direct_action,
                                     .faulted = run.faulted});
}

void run_filter(const Filter& filter, Point point, std::span<const PacketPtr> packets, std::span<Outcome> outcomes,
                Decided& decided, const Context& context) {
  BurstRun burst(context.services);
  for (size_t i = 0; i < packets.size(); ++i) {
    if (decided[i] || !matches(filter, *packets[i])) continue;
    if (prepare(filter, *packets[i])) {
      burst.add(*packets[i], i, outcomes[i].redirect);
    } else {
      outcomes[i] = {.effect = abi::Effect::drop, .reason = abi::Drop::no_memory};
      decided.set(i);
    }
  }
  if (burst.size() == 0) return;
  burst.run(*filter.program);
  for (size_t i = 0; i < burst.size(); ++i) {
    report(filter, point, burst[i], burst.code(i), context.observer);
    const Outcome outcome = outcome_of(burst[i], burst.code(i), filter, point);
    if (outcome.effect == abi::Effect::next) {
      outcomes[burst.index(i)].redirect = burst[i].redirect;
      continue;
    }
    outcomes[burst.index(i)] = outcome;
    decided.set(burst.index(i));
  }
}

}  // namespace

void run_clsact(const FilterList& filters, Point point, std::span<const PacketPtr> packets, std::span<Outcome> outcomes,
                const Context& context) noexcept {
  for (Outcome& outcome : outcomes.first(packets.size())) outcome = {.effect = abi::Effect::next};
  continue_clsact(filters, point, packets, outcomes, context);
}

void continue_clsact(const FilterList& filters, Point point, std::span<const PacketPtr> packets,
                     std::span<Outcome> outcomes, const Context& context) noexcept {
  Decided decided;
  for (size_t i = 0; i < packets.size(); ++i) decided[i] = outcomes[i].effect != abi::Effect::next;
  for (const Filter& filter : filters.entered())
    if (!filter.skip_sw) run_filter(filter, point, packets, outcomes, decided, context);
  for (size_t i = 0; i < packets.size(); ++i)
    if (!decided[i]) outcomes[i].effect = abi::Effect::pass;  // Nobody decides: the packet passes.
}

}  // namespace saya::hook
