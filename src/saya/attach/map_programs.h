// Programs as elements of maps: of prog arrays, device maps and CPU maps, named by people.
#pragma once

#include <string_view>

#include "attach/pipeline.h"

namespace saya::attach {

/// What an element shall hold.
struct ProgramElement {
  MapPtr map;
  uint32_t key = 0;
  uint32_t number = 0;       ///< Of a device map the ifindex, of a CPU map the queue's size.
  std::string_view program;  ///< "[OBJ:]PROG"; without OBJ it is in an object that has the map.
};

/// Makes the program executable and stores it. What is stored in a device or CPU map is what `wrap` makes of it, if
/// given. Errors say which stage refused and why.
Result<> set_program(Pipeline& pipeline, const ProgramElement& element, const Pipeline::Wrap& wrap = {});

/// Lets go of all programs that the maps of `open` hold. Programs own their maps and these maps own programs: without
/// this, a program that can come back to itself would own itself.
void release_programs(const OpenObject& open) noexcept;

}  // namespace saya::attach
