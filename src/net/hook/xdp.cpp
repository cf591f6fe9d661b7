// XDP verdicts. Semantics: Linux 6.18 drivers/net/veth.c and net/core/dev.c do_xdp_generic(); tables a.3.
#include "hook/xdp.h"

#include "hook/burst.h"

namespace saya::hook {
namespace {

Outcome drop(abi::Drop reason) { return {.effect = abi::Effect::drop, .reason = reason}; }

/// False when the packet cannot be given to the program for want of memory.
bool prepare(const abi::Executable& program, Packet& packet) {
  if (packet.fragment_count > 0 && !program.identity().frags && pull(packet, packet.len) != 0) return false;
  return !packet.shared() || unclone(packet) == 0;
}

bool takes(Point point, abi::Effect effect) {
  if (point == Point::xdp) return true;
  return effect != abi::Effect::transmit && (effect != abi::Effect::redirect || point == Point::cpumap);
}

Outcome outcome_of(const abi::Run& run, int32_t code, Point point) {
  if (run.faulted) return drop(abi::Drop::program_fault);
  const abi::Verdict* verdict = abi::find_verdict(abi::Hook::xdp, code);
  if (!verdict || !takes(point, verdict->effect)) return drop(abi::Drop::xdp_invalid);
  if (verdict->effect == abi::Effect::drop) return drop(code == 0 ? abi::Drop::xdp_aborted : abi::Drop::xdp_drop);
  return {.effect = verdict->effect, .redirect = run.redirect};
}

}  // namespace

void run_xdp(const abi::Executable& program, Point point, std::span<const PacketPtr> packets,
             std::span<Outcome> outcomes, const Context& context) noexcept {
  BurstRun burst(context.services);
  for (size_t i = 0; i < packets.size(); ++i) {
    if (prepare(program, *packets[i]))
      burst.add(*packets[i], i);
    else
      outcomes[i] = drop(abi::Drop::no_memory);
  }
  burst.run(program);
  for (size_t i = 0; i < burst.size(); ++i) {
    const Verdict verdict{.point = point, .program = program, .code = burst.code(i), .faulted = burst[i].faulted};
    if (context.observer) context.observer->on_verdict(*burst[i].packet, verdict);
    outcomes[burst.index(i)] = outcome_of(burst[i], burst.code(i), point);
  }
}

}  // namespace saya::hook
