// How a helper returns an error.
#pragma once

#include <cerrno>
#include <cstdint>

#include "base/kernel_errno.h"

namespace saya::helper {

/// 0 or a negative errno as it stands in r0.
constexpr uint64_t result(int64_t error) noexcept { return static_cast<uint64_t>(error); }

/// The same of a kernel function that returns an int: the upper half of r0 is zero.
constexpr uint64_t result32(int64_t error) noexcept { return static_cast<uint32_t>(error); }

}  // namespace saya::helper
