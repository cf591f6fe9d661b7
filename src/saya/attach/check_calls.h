// What a program's instructions ask of the place where it runs.
#pragma once

#include <string>
#include <vector>

#include "program/program.h"
#include "program/target.h"

namespace saya::attach {

/// Why each target refuses the instructions, an entry a reason.
struct CallReasons {
  std::vector<std::string> run;
  std::vector<std::string> kernel;
  std::vector<std::string> unknown;  ///< What is not known of the kernel.
};

/// Looks at every instruction: whether it can be decoded, and whether a program of this type and licence may call what
/// it calls. `target` says which kernel functions and variables saya's own hooks have.
CallReasons check_calls(const program::Program& program, const program::Target& target);

/// Whether it was measured what programs of this type may call in the kernel.
bool knows_calls_of(program::Type type) noexcept;

}  // namespace saya::attach
