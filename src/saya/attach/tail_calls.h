// The programs that an object's prog arrays hold from the beginning.
#pragma once

#include "attach/objects.h"
#include "program/program.h"

namespace saya::attach {

/// Says to the prog arrays that `program` calls through which kind of program that is. They are of one kind each.
Result<> claim_prog_arrays(const program::Program& program);

/// Makes each of them executable and puts it into its slot, in the place of what other objects put there when the array
/// is pinned. A program's section says its type, or else it is `type`, that of the program that is being attached.
/// Errors name map and slot.
Result<> fill_prog_arrays(const OpenObject& object, program::Type type, const program::Target& target);

/// What its section says, unless that is another name for `attached` at the same hook: loaders give all programs of a
/// load one type.
program::Type type_in_slot(const object::Function& function, program::Type attached) noexcept;

}  // namespace saya::attach
