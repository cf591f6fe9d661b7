// Which objects a program may allocate.
#pragma once

#include <vector>

#include "abi/owned_objects.h"
#include "program/program.h"

namespace saya::program {

/// The structs of the program's BTF that it may allocate objects of, sorted by id: those whose ids its instructions
/// load. None for a program that allocates nothing.
std::vector<abi::ObjectTypePtr> find_object_types(const Program& program);

}  // namespace saya::program
