// What every Program needs once its code stands, whether linked from an object or written by hand.
#pragma once

#include "program/program.h"

namespace saya::program {

/// Adds a subprogram for each target of a local call or callback reference that is not known as one (hand-written code
/// and sections without symbols call into their own middle), and sets every size. Needs subprograms[0]; keeps its
/// order by start.
void complete_subprograms(Program& program);
/// Sets both tags.
void set_tags(Program& program);

}  // namespace saya::program
