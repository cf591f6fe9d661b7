// bpf_spin_lock(): the locks in map values.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t spin_lock(Run& run, std::byte* lock) noexcept;
uint64_t spin_unlock(Run& run, std::byte* lock) noexcept;

}  // namespace saya::helper
