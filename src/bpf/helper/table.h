// The helper table: helper/helpers.def and helper/kfuncs.def with an implementation behind each row.
#pragma once

#include <string_view>

#include "abi/helper_spec.h"

namespace saya::helper {

/// All rows, sorted by id. Static storage.
abi::HelperTable table() noexcept;
/// Whether there is a kernel function of that name: program::Target::has_function.
bool has_kernel_function(std::string_view name) noexcept;
/// "map_lookup_elem" for 1; empty for an unknown id. Fits isa::Names.
std::string_view name_of(uint32_t id) noexcept;

}  // namespace saya::helper
