// What programs of each type may call in Linux 6.18: helpers by number, kernel functions by name.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace saya::abi {

/// Program types whose calls were measured, or-ed together.
enum Caller : uint32_t {
  kByNone = 0,
  kByXdp = 1,
  kByClassifier = 2,
  kByAction = 4,
  kBySocketFilter = 8,
  kByTc = kByClassifier | kByAction,
  kByAll = kByXdp | kByTc | kBySocketFilter
};

/// One row of abi/kernel_helpers.def.
struct KernelHelper {
  uint32_t id;  ///< BPF_FUNC_*.
  std::string_view name;
  uint32_t callers;  ///< Caller.
  bool gpl_only;     ///< Only for programs with a GPL-compatible licence.
};
/// All of them, sorted by id; static storage.
std::span<const KernelHelper> kernel_helpers() noexcept;
/// Null for a number that Linux 6.18 does not know.
const KernelHelper* find_kernel_helper(uint32_t id) noexcept;
/// "map_lookup_elem" for 1; empty for an unknown number. Fits isa::Names.
std::string_view kernel_helper_name(uint32_t id) noexcept;

/// One row of abi/kernel_functions.def. Every one is for programs with a GPL-compatible licence only.
struct KernelFunction {
  std::string_view name;
  uint32_t callers;  ///< Caller.
};
/// All of them, sorted by name; static storage.
std::span<const KernelFunction> kernel_functions() noexcept;
/// Null for a name that Linux 6.18 does not know.
const KernelFunction* find_kernel_function(std::string_view name) noexcept;

}  // namespace saya::abi
