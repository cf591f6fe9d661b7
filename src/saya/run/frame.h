// A packet as people see it: its bytes on the wire, its time.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "packet/packet.h"

namespace saya::run {

/// All bytes of the frame, a tag beside it written back into it.
std::vector<std::byte> frame_on_the_wire(const Packet& packet);

/// Seconds and nanoseconds: "1700000000.000001000".
std::string format_time(Nanoseconds time);

}  // namespace saya::run
