// Exceptions.
#pragma once

#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

/// Never called: unwinding is the engine's, as tail calls are.
uint64_t bpf_throw(Run& run, uint64_t cookie) noexcept;

}  // namespace saya::helper
