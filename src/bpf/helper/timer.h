// bpf_timer_*(): functions of a program that run later, once for each time they are armed.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

uint64_t timer_init(Run& run, std::byte* timer, Map* map, uint64_t flags) noexcept;
uint64_t timer_set_callback(Run& run, std::byte* timer, uint64_t function) noexcept;
uint64_t timer_start(Run& run, std::byte* timer, uint64_t nanoseconds, uint64_t flags) noexcept;
uint64_t timer_cancel(Run& run, std::byte* timer) noexcept;

}  // namespace saya::helper
