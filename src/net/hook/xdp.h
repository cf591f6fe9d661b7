// The XDP hook of a port.
#pragma once

#include <span>

#include "hook/hook.h"

namespace saya::hook {

/// Runs `program` over at most kBurst packets, in order, as an XDP driver does (semantics a.3): outcomes[i] says what
/// becomes of packets[i]. `point` is xdp, or where the program of a map's element runs: such a program may pass, drop,
/// and from a CPU map redirect; all else drops. A fragmented packet is linearised first unless the program takes
/// fragments, as generic XDP does.
void run_xdp(const abi::Executable& program, Point point, std::span<const PacketPtr> packets,
             std::span<Outcome> outcomes, const Context& context) noexcept;

}  // namespace saya::hook
