// The state of the network around the ports, from a file.
#pragma once

#include <string>

#include "base/result.h"
#include "netstate/netstate.h"

namespace saya::run {

/// What docs/guides/netstate.md describes; an empty state for an empty path. Errors begin with the path.
Result<Netstate> read_netstate(const std::string& path);

}  // namespace saya::run
