// What can be set in an object before its maps are created: global variables, and the sizes of maps.
#pragma once

#include <string_view>

#include "base/result.h"
#include "object/object.h"

namespace saya::object {

/// Sets a global variable of a data section: "limit=5", "cfg.port=53", "ports[2]=80", "ports=22,80", "name=eth0".
/// Needs BTF. Errors name variable, type, value and limit; an unknown variable is no_such_entry, and the message lists
/// what there is.
Result<> set_variable(Object& object, std::string_view assignment);
/// Whether the object has the variable that the assignment begins with.
bool has_variable(const Object& object, std::string_view assignment);

/// Sets max_entries of a map that is no data section: "flows=65536". Errors as above.
Result<> set_map_size(Object& object, std::string_view assignment);
/// Whether the object has the map that the assignment begins with.
bool has_map(const Object& object, std::string_view assignment);

}  // namespace saya::object
