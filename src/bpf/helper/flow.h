// Where a program goes on: loops over a callback, tail calls.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

uint64_t loop(Run& run, uint32_t count, uint64_t function, uint64_t context, uint64_t flags) noexcept;
/// Engines continue in the other program themselves and never call this; from anywhere else there is no program to
/// leave, so it falls through.
uint64_t tail_call(Run& run, Packet* ctx, Map* programs, uint32_t index) noexcept;

}  // namespace saya::helper
