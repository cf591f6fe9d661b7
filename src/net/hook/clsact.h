// The clsact hook: bpf filters at a port's ingress or egress.
#pragma once

#include <span>

#include "hook/filters.h"
#include "hook/hook.h"

namespace saya::hook {

/// Runs the filters over at most kBurst packets that have entered tc (packet/tc_entry.h), as tcf_classify() with
/// cls_bpf does (semantics a.4, a.5): filter by filter, each over the packets that no earlier one decided. `point` is
/// ingress or egress; outcomes[i] says what becomes of packets[i].
void run_clsact(const FilterList& filters, Point point, std::span<const PacketPtr> packets, std::span<Outcome> outcomes,
                const Context& context) noexcept;

/// The same after tcx: runs over the packets whose outcome so far is Effect::next, and leaves the others alone.
void continue_clsact(const FilterList& filters, Point point, std::span<const PacketPtr> packets,
                     std::span<Outcome> outcomes, const Context& context) noexcept;

}  // namespace saya::hook
