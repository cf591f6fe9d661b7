// Lookup of a helper by id, of a kernel function by name.
#include "abi/helper_spec.h"

#include <algorithm>

namespace saya::abi {

const HelperSpec* find_helper(HelperTable table, uint32_t id) noexcept {
  const auto row = std::ranges::lower_bound(table, id, {}, &HelperSpec::id);
  return row != table.end() && row->id == id ? &*row : nullptr;
}

const HelperSpec* find_kernel_function(HelperTable table, std::string_view name) noexcept {
  const auto first = std::ranges::lower_bound(table, kFirstKernelFunction, {}, &HelperSpec::id);
  const std::ranges::subrange functions(first, table.end());
  const auto row = std::ranges::lower_bound(functions, name, {}, &HelperSpec::name);
  return row != table.end() && row->name == name ? &*row : nullptr;
}

std::string full_name(const HelperSpec& spec) {
  return is_kernel_function(spec) ? std::string(spec.name) : "bpf_" + std::string(spec.name);
}

}  // namespace saya::abi
