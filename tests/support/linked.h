// Programs of the objects that the build compiles for tests, linked by name.
#pragma once

#include <span>
#include <string_view>

#include "base/result.h"
#include "map/map.h"
#include "object/object.h"
#include "program/program.h"

namespace saya::tests {

/// program::link() of the function or section called `name`; `maps` are the object's.
inline Result<program::ProgramPtr> link_by_name(const object::Object& object, std::string_view name,
                                                std::span<const MapPtr> maps,
                                                program::Type type = program::Type::unspec) {
  SAYA_TRY(const uint32_t index, object::find_program(object, name));
  return program::link(object, index, maps, type);
}

/// The same with maps of its own.
inline Result<program::ProgramPtr> link_by_name(const object::Object& object, std::string_view name,
                                                program::Type type = program::Type::unspec) {
  SAYA_TRY(const auto maps, program::create_maps(object, {}));
  return link_by_name(object, name, maps, type);
}

}  // namespace saya::tests
