// What a throw calls.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "object/object.h"

namespace saya::program {

/// The function that the program `entry` names by its declaration's tag "exception_callback:NAME"; nothing without one.
/// Tags that name no function, or several, are errors, as they are for libbpf.
Result<std::optional<uint32_t>> find_exception_callback(const object::Object& object, const object::Function& entry);

}  // namespace saya::program
