// kernel_helpers.def and kernel_functions.def as tables.
#include "abi/kernel_calls.h"

#include <algorithm>
#include <iterator>

namespace saya::abi {
namespace {

/// The last column of kernel_helpers.def.
constexpr bool any = false, gpl = true;

constexpr KernelHelper kHelpers[] = {
#define SAYA_KERNEL_HELPER(id, name, callers, licence) {id, #name, callers, licence},
#include "abi/kernel_helpers.def"
};
constexpr bool has_a_row_a_number() {
  for (uint32_t i = 0; i < std::size(kHelpers); ++i)
    if (kHelpers[i].id != i + 1) return false;
  return true;
}
static_assert(has_a_row_a_number(), "find_kernel_helper() counts");

constexpr KernelFunction kFunctions[] = {
#define SAYA_KERNEL_FUNCTION(name, callers) {#name, callers},
#include "abi/kernel_functions.def"
};
static_assert(std::ranges::is_sorted(kFunctions, {}, &KernelFunction::name), "searched by halves");

}  // namespace

std::span<const KernelHelper> kernel_helpers() noexcept { return kHelpers; }

const KernelHelper* find_kernel_helper(uint32_t id) noexcept {
  return id >= 1 && id <= std::size(kHelpers) ? &kHelpers[id - 1] : nullptr;
}

std::string_view kernel_helper_name(uint32_t id) noexcept {
  const KernelHelper* row = find_kernel_helper(id);
  return row ? row->name : std::string_view{};
}

std::span<const KernelFunction> kernel_functions() noexcept { return kFunctions; }

const KernelFunction* find_kernel_function(std::string_view name) noexcept {
  const auto* row = std::ranges::lower_bound(kFunctions, name, {}, &KernelFunction::name);
  return row != std::end(kFunctions) && row->name == name ? row : nullptr;
}

}  // namespace saya::abi
