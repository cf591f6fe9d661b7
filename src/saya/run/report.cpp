// The names that both forms of a report use.
#include "run/report.h"

#include <fmt/format.h>

#include "hook/tcx.h"

namespace saya::run {
namespace {

std::string describe(const VerdictReport& verdict) {
  const std::string place =
      hook::has_filters(verdict.point) ? fmt::format(" pref {} handle {:#x}", verdict.pref, verdict.handle) : "";
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
  const bool at_tcx = hook.point == hook::Point::tcx_ingress || hook.point == hook::Point::tcx_egress;
  if (const std::string_view name = hook::tcx_name(code); at_tcx && !name.empty()) return std::string(name);
  const abi::Verdict* verdict = at_tcx ? nullptr : abi::find_verdict(hook::kind_of(hook.point), code);
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
