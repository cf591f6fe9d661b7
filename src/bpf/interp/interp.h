// The interpreter: the reference meaning of every instruction, pre-decoded and threaded.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "abi/executable.h"
#include "abi/helper_spec.h"
#include "base/result.h"
#include "program/program.h"
#include "program/verified.h"

namespace saya::interp {

/// How far a checked program may go before it is stopped: it was not verified, so it may not end by itself.
struct Limits {
  uint64_t backward_jumps = uint64_t{1} << 26;  ///< Backward jumps, calls and callbacks in all.
};

/// An Executable of an unverified program: the only one there is. Every access is checked against the regions the
/// program may touch (context, stack, frame and metadata, its maps' values, memory a helper gave it), every helper
/// argument against its row. A violation ends the run with Run::faulted and a Fault that names instruction, source
/// line, address and region. Refuses what cannot be decoded, jumps out of the program, and unknown helpers, naming the
/// slot.
Result<abi::ExecutablePtr> run_checked(program::ProgramPtr program, abi::HelperTable helpers, Limits limits = {});

/// An Executable of a verified program, without the checks.
Result<abi::ExecutablePtr> compile(const program::Verified& program, abi::HelperTable helpers);

/// Runs a program over bare memory instead of a packet, checked: r1 = its address, r2 = its length. For `saya insn run`
/// and tests. A violation is Code::not_permitted with the Fault's words.
Result<uint64_t> run_on_memory(const program::ProgramPtr& program, abi::HelperTable helpers,
                               std::span<std::byte> memory, const abi::Services& services);

}  // namespace saya::interp
