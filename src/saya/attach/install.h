// The last stage of a program's walk: into a hook's snapshot.
#pragma once

#include <span>

#include "attach/placement.h"
#include "nic/nic.h"
#include "program/program.h"

namespace saya::attach {

/// The program type that a hook runs.
program::Type type_at(hook::Point point) noexcept;

/// Publishes `executable` at the placement's hook of each port: XDP replaces what is there; a filter is added beside
/// the others. On an error no port has changed. Returns the
/// placement as it was stored.
Result<Placement> install(const Placement& placement, abi::ExecutablePtr executable, std::span<nic::Port* const> ports);

}  // namespace saya::attach
