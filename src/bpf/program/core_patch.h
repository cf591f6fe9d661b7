// The step of linking that makes instructions fit the target's types.
#pragma once

#include <cstdint>
#include <span>

#include "program/program.h"

namespace saya::program {

/// Applies the CO-RE relocations of what `program` consists of: function functions[i] of the object begins at
/// program.subprograms[i]. Where the target has no counterpart the instruction is poisoned and program.poisons says
/// why. Errors name function, instruction and relocation. Asks for the target's types only if a relocation needs them.
Result<> apply_core(const object::Object& object, std::span<const uint32_t> functions, const Target& target,
                    Program& program);

}  // namespace saya::program
