// What the worker lends to a run: its clock, its random numbers, its number.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t ktime_get_ns(Run& run) noexcept;
uint64_t ktime_get_boot_ns(Run& run) noexcept;
uint64_t ktime_get_coarse_ns(Run& run) noexcept;
uint64_t ktime_get_tai_ns(Run& run) noexcept;
uint64_t jiffies64(Run& run) noexcept;
uint64_t get_prandom_u32(Run& run) noexcept;
uint64_t get_smp_processor_id(Run& run) noexcept;
uint64_t get_numa_node_id(Run& run) noexcept;

}  // namespace saya::helper
