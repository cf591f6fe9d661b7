// Order: kernel/bpf/mprog.c. Verdicts: net/core/dev.c tcx_run(), include/net/tcx.h. Linux 6.18; table a.6.
#include "hook/tcx.h"

#include <algorithm>
#include <cerrno>

#include "hook/burst.h"

namespace saya::hook {
namespace {

constexpr int kNowhere = -ERANGE;  // No rule has named a place yet. Places begin at -1: before the first.

enum Code : int32_t { kNext = -1, kPass = 0, kDrop = 2, kRedirect = 7 };

/// Where the very entry is; -EBUSY when another link owns its program, or one does and none was named.
int position_of(std::span<const TcxEntry> entries, const TcxEntry& wanted) {
  const auto at = std::ranges::find(entries, wanted.program, &TcxEntry::program);
  if (at == entries.end()) return -ENOENT;
  return at->link == wanted.link ? static_cast<int>(at - entries.begin()) : -EBUSY;
}

/// Where `relative` is; `without` when none is named.
int position_relative(std::span<const TcxEntry> entries, const TcxEntry& relative, int without, int step) {
  if (!relative.program) return without;
  const auto same = [&](const TcxEntry& entry) {
    return entry.program == relative.program && (relative.link == 0 || relative.link == entry.link);
  };
  const auto at = std::ranges::find_if(entries, same);
  return at == entries.end() ? -ENOENT : static_cast<int>(at - entries.begin()) + step;
}

/// Makes `place` what one more rule says; false, with the errno in it, when the rules contradict each other.
bool agree(int& place, int rule) {
  if (rule < -1 || (place >= -1 && place != rule)) {
    place = rule < -1 ? rule : -ERANGE;
    return false;
  }
  place = rule;
  return true;
}

/// What is left of a verdict: a code that tcx does not know goes on to clsact.
Outcome outcome_of(const abi::Run& run, int32_t code, Point point) {
  if (run.faulted) return {.effect = abi::Effect::drop, .reason = abi::Drop::program_fault};
  Packet& packet = *run.packet;
  switch (code) {
    case kPass: packet.skb.tc_index = packet.skb.tc_classid; return {.effect = abi::Effect::pass};
    case kDrop:
      return {.effect = abi::Effect::drop,
              .reason = point == Point::tcx_ingress ? abi::Drop::tc_ingress : abi::Drop::tc_egress};
    case kRedirect: return {.effect = abi::Effect::redirect, .redirect = run.redirect};
    default: return {.effect = abi::Effect::next};
  }
}

/// Runs one program over the packets that are still under way; those that stop here are no longer.
void run_program(const abi::Executable& program, Point point, std::span<const PacketPtr> packets,
                 std::span<Outcome> outcomes, std::span<bool> stopped, const Context& context) {
  BurstRun burst(context.services);
  for (size_t i = 0; i < packets.size(); ++i) {
    if (stopped[i]) continue;
    if (packets[i]->shared() && program.identity().writes_packet && unclone(*packets[i]) != 0) {
      outcomes[i] = {.effect = abi::Effect::drop, .reason = abi::Drop::no_memory};
      stopped[i] = true;
      continue;
    }
    burst.add(*packets[i], i, outcomes[i].redirect);
  }
  if (burst.size() == 0) return;
  burst.run(program);
  for (size_t i = 0; i < burst.size(); ++i) {
    const Verdict verdict{.point = point, .program = program, .code = burst.code(i), .faulted = burst[i].faulted};
    if (context.observer) context.observer->on_verdict(*burst[i].packet, verdict);
    Outcome& outcome = outcomes[burst.index(i)];
    outcome = outcome_of(burst[i], burst.code(i), point);
    outcome.redirect = burst[i].redirect;
    stopped[burst.index(i)] = burst[i].faulted || burst.code(i) != kNext;
  }
}

}  // namespace

/// The place that all rules of the request agree on, or a negative errno below -1. `exact`: that of the entry itself,
/// or kNowhere.
int TcxList::place(const TcxRequest& request, int exact) const {
  int place = exact;
  const int total = static_cast<int>(entries_.size());
  if (request.flags & kTcxBefore && !agree(place, position_relative(entries_, request.relative, -1, -1))) return place;
  if (request.flags & kTcxAfter && !agree(place, position_relative(entries_, request.relative, total, 1))) return place;
  if (place >= -1) return place;
  return request.relative.program || request.flags ? -EINVAL : total;
}

int TcxList::attach(const TcxRequest& request) {
  if (request.expected_revision && request.expected_revision != revision_) return -ESTALE;
  if (std::ranges::find(entries_, request.entry.program, &TcxEntry::program) != entries_.end()) return -EEXIST;
  const bool replaces = request.flags & kTcxReplace;
  int exact = kNowhere;
  if (replaces) {
    exact = position_of(entries_, {request.replaced, request.entry.link});
    if (exact < 0) return exact;
  } else if (entries_.size() == kMost) {
    return -ERANGE;
  }
  const int at = place(request, exact);
  if (at < -1) return at;
  if (replaces)
    entries_[static_cast<size_t>(at)] = request.entry;
  else
    entries_.insert(entries_.begin() + at + (request.flags & kTcxBefore ? 1 : 0), request.entry);
  ++revision_;
  return 0;
}

int TcxList::detach(const TcxRequest& request) {
  if (request.flags & kTcxReplace) return -EINVAL;
  if (request.expected_revision && request.expected_revision != revision_) return -ESTALE;
  if (entries_.empty()) return -ENOENT;
  int exact = kNowhere;
  if (request.entry.program) {
    exact = position_of(entries_, request.entry);
    if (exact < 0) return exact;
  }
  int at = place(request, exact);
  if (at < -1) return at;
  at = std::clamp(at, 0, static_cast<int>(entries_.size()) - 1);
  if (entries_[static_cast<size_t>(at)].link != 0 && request.entry.link == 0) return -EBUSY;
  entries_.erase(entries_.begin() + at);
  revision_ = entries_.empty() ? 1 : revision_ + 1;
  return 0;
}

void run_tcx(const TcxList& list, Point point, std::span<const PacketPtr> packets, std::span<Outcome> outcomes,
             const Context& context) noexcept {
  bool stopped[kBurst] = {};
  for (Outcome& outcome : outcomes.first(packets.size())) outcome = {.effect = abi::Effect::next};
  for (const TcxEntry& entry : list.all())
    run_program(*entry.program, point, packets, outcomes, std::span(stopped).first(packets.size()), context);
}

std::string_view tcx_name(int32_t code) noexcept {
  switch (code) {
    case kNext: return "TCX_NEXT";
    case kPass: return "TCX_PASS";
    case kDrop: return "TCX_DROP";
    case kRedirect: return "TCX_REDIRECT";
    default: return {};
  }
}

}  // namespace saya::hook
