// A program's references made what the running kernel knows them as: descriptors, BTF ids, addresses.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"
#include "isa/insn.h"
#include "kernel/running.h"
#include "program/program.h"

namespace saya::kernel {

/// The descriptor of the program's map number `index`.
using MapDescriptor = std::function<Result<int>(size_t index)>;

/// The code of `program` for BPF_PROG_LOAD. Maps become descriptors, kernel functions and variables become ids of the
/// kernel's types, variables without a type become addresses. What is weak and missing becomes 0; what is missing and
/// not weak is an error that names it. Asks `kernel` only when the program has such references.
Result<std::vector<isa::RawInsn>> bind(const program::Program& program, const MapDescriptor& map,
                                       RunningKernel& kernel);

}  // namespace saya::kernel
