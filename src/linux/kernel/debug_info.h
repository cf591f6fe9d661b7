// What the kernel is told about a program's functions and source lines.
#pragma once

#include <vector>

#include "kernel/bpf.h"
#include "program/program.h"

namespace saya::kernel {

/// One record per subprogram, or none when BTF does not know them all: the kernel takes nothing in between.
std::vector<FunctionInfo> function_infos(const program::Program& program);

/// The program's lines, or none when a subprogram does not begin with one: the kernel would refuse the others.
std::vector<LineInfo> line_infos(const program::Program& program);

}  // namespace saya::kernel
