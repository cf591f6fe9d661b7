// A network set up by `ip`, and the same network as a state file.
#pragma once

#include <string_view>

#include "base/result.h"
#include "netstate/netstate.h"

namespace saya::tests {

/// Runs lines of `ip -batch` and "FILE = VALUE" (below /proc/sys/net) in the calling thread's network namespace.
Result<> configure(std::string_view lines);

}  // namespace saya::tests
