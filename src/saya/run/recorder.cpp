// Counting and following packets.
#include "run/recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "run/frame.h"
#include "run/timed_program.h"

namespace saya::run {
namespace {

constexpr size_t kMostCodes = 4096;  ///< Different verdicts of one program: a class may be any number.

/// The port whose hook ran: XDP knows only where the packet arrived, and where it leaves by a device map.
uint32_t ifindex_at(const Packet& packet, hook::Point point) {
  if (point == hook::Point::devmap) return packet.egress_ifindex;
  return hook::kind_of(point) == abi::Hook::xdp ? packet.ingress_ifindex : packet.skb.ifindex;
}

std::string port_name(const nic::Nic& nic, uint32_t ifindex) {
  for (const nic::Port& port : nic.ports())
    if (port.device.ifindex == ifindex) return port.name;
  return fmt::format("{}", ifindex);
}

}  // namespace

HookReport& Recorder::hook_of(const Packet& packet, const hook::Verdict& verdict) {
  const Place place{&verdict.program, ifindex_at(packet, verdict.point), verdict.point, verdict.pref, verdict.handle};
  const auto known = std::ranges::find(places_, place);
  if (known != places_.end()) return hooks_[static_cast<size_t>(known - places_.begin())];
  const abi::Executable::Identity& identity = verdict.program.identity();
  places_.push_back(place);
  return hooks_.emplace_back(HookReport{.port = port_name(nic_, place.ifindex),
                                        .point = verdict.point,
                                        .pref = verdict.pref,
                                        .handle = verdict.handle,
                                        .direct_action = verdict.direct_action,
                                        .program = identity.name,
                                        .origin = identity.origin,
                                        .tag = identity.tag,
                                        .codes = {}});
}

void Recorder::on_verdict(const Packet& packet, const hook::Verdict& verdict) noexcept {
  HookReport& hook = hook_of(packet, verdict);
  ++hook.runs;
  if (verdict.faulted)
    ++hook.faults;
  else if (hook.codes.size() < kMostCodes || hook.codes.contains(verdict.code))
    ++hook.codes[verdict.code];
  else
    ++hook.other_codes;
  if (follows_packets())
    trails_[&packet].push_back({.point = verdict.point,
                                .pref = verdict.pref,
                                .handle = verdict.handle,
                                .program = hook.program,
                                .verdict = verdict.faulted ? "FAULT" : name_of_code(hook, verdict.code)});
}

/// What happened to the packet so far happened to its copy, too.
void Recorder::on_copy(const Packet& packet, const Packet& copy) noexcept {
  if (!follows_packets()) return;
  if (const auto trail = trails_.find(&packet); trail != trails_.end()) {
    auto so_far = trail->second;
    trails_[&copy] = std::move(so_far);
  }
}

void Recorder::on_end(const Packet& packet, const nic::Port& port, nic::Fate fate, abi::Drop reason) noexcept {
  first_ = std::min(first_, packet.arrival);
  last_ = std::max(last_, packet.arrival);
  if (!follows_packets()) return;
  PacketReport report{.number = packet.number,
                      .arrival = packet.arrival,
                      .port = port.name,
                      .len = packet.len,
                      .verdicts = {},
                      .fate = fate,
                      .reason = reason};
  if (auto trail = trails_.extract(&packet)) report.verdicts = std::move(trail.mapped());
  if (sinks_.packet) sinks_.packet(report);
  const Direction direction = fate == nic::Fate::transmitted ? Direction::outbound : Direction::inbound;
  const std::string trail = captures_ == Captures{} ? "" : trail_of(report);
  write(Selection::after, packet, port, direction, trail);
  if (fate == nic::Fate::dropped) write(Selection::dropped, packet, port, direction, trail);
}

void Recorder::on_arrival(const Packet& packet, const nic::Port& port, Direction direction) {
  write(Selection::before, packet, port, direction, "");
}

void Recorder::write(Selection selection, const Packet& packet, const nic::Port& port, Direction direction,
                     std::string_view comment) {
  CaptureWriter* const writer = capture(selection);
  if (!writer) return;
  const auto at = std::ranges::find_if(nic_.ports(), [&](const nic::Port& each) { return &each == &port; });
  auto written = writer->write(static_cast<uint32_t>(at - nic_.ports().begin()), packet.arrival,
                               frame_on_the_wire(packet), direction, comment);
  if (!written && status_) status_ = std::move(written);
}

void Recorder::on_trace(const abi::Run& run, std::string_view line) {
  if (sinks_.trace) sinks_.trace(run.packet ? run.packet->number : 0, line);
}

void Recorder::on_fault(const abi::Run&, const abi::Fault& fault) {
  const auto known = std::ranges::find_if(faults_, [&](const FaultReport& each) {
    return each.first.insn == fault.insn && each.first.program == fault.program;
  });
  if (known != faults_.end())
    ++known->count;
  else
    faults_.push_back({fault, 1});
}

void Recorder::fill(Report& report) const {
  const auto order = [](const HookReport& hook) { return std::tuple(hook.port, hook.point, hook.pref); };
  for (size_t i = 0; i < hooks_.size(); ++i) {
    HookReport hook = hooks_[i];
    if (const auto* timed = dynamic_cast<const TimedProgram*>(places_[i].program)) hook.nanoseconds = timed->per_run();
    // Inside a pref, in the order in which packets met them.
    report.hooks.insert(std::ranges::upper_bound(report.hooks, order(hook), {}, order), std::move(hook));
  }
  report.faults = faults_;
  for (const FaultReport& fault : faults_) report.fault_count += fault.count;
  if (first_ <= last_) {
    report.first = first_;
    report.last = last_;
  }
}

}  // namespace saya::run
