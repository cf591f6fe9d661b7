// The names that both forms of a report use.
#include "run/report.h"

#include <fmt/format.h>

namespace saya::run {
namespace {

abi::Hook hook_kind(hook::Point point) { return point == hook::Point::xdp ? abi::Hook::xdp : abi::Hook::tc; }

std::string describe(const VerdictReport& verdict) {
  const std::string place =
      verdict.point == hook::Point::xdp ? "" : fmt::format(" pref {} handle {:#x}", verdict.pref, verdict.handle);
  return fmt::format("{}{} {} {}", hook::to_string(verdict.point), place, verdict.program, verdict.verdict);
}

}  // namespace

std::string name_of_code(const HookReport& hook, int32_t code) {
  if (!hook.direct_action) {
    if (code == 0) return "no match";
    if (code == -1) return "match";
    const auto classid = static_cast<uint32_t>(code);
    return fmt::format("class {:x}:{:x}", classid >> 16, classid & 0xffff);
  }
  const abi::Verdict* verdict = abi::find_verdict(hook_kind(hook.point), code);
  return verdict ? std::string(verdict->name) : fmt::format("{} (unknown)", code);
}

std::string trail_of(const PacketReport& packet) {
  std::string trail;
  for (const VerdictReport& verdict : packet.verdicts) trail += (trail.empty() ? "" : ", ") + describe(verdict);
  if (!trail.empty()) trail += " -> ";
  trail += nic::to_string(packet.fate);
  if (packet.fate == nic::Fate::dropped) trail += fmt::format(" ({})", abi::to_string(packet.reason));
  return trail;
}

}  // namespace saya::run
