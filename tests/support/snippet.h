// Programs that tests write as instructions or assembler text, run by saya and by the kernel.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "isa/insn.h"
#include "map/map.h"
#include "program/program.h"
#include "support/test_run.h"

namespace saya::tests {

/// Bare instructions, and the maps that they call map[idx:N].
struct Snippet {
  program::Type type = program::Type::unspec;
  std::vector<isa::RawInsn> code;
  std::span<const MapSpec> maps = {};
};

/// The program: its maps are fresh and empty, and BTF describes its functions, without which the kernel takes no
/// callbacks.
Result<program::ProgramPtr> program_of(const Snippet& snippet);

/// One run of support/test_run.h, each with maps of its own.
Result<TestOutcome> run_in_saya(const Snippet& snippet, const TestInput& input);
Result<TestOutcome> run_in_kernel(const Snippet& snippet, const TestInput& input);

/// Assembles a program without maps and loads it into the kernel. `type` is BPF_PROG_TYPE_*.
Result<Fd> load_text(uint32_t type, std::string_view text);

}  // namespace saya::tests
