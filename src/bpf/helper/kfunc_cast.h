// Pointers as other types.
#pragma once

#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t bpf_rdonly_cast(Run& run, uint64_t pointer, uint32_t type) noexcept;

}  // namespace saya::helper
