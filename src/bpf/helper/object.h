// Kernel objects in map values.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t kptr_xchg(Run& run, std::byte* place, const void* object) noexcept;

}  // namespace saya::helper
