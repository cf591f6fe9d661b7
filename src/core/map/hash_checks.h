// What every type of hash map checks: htab_map_alloc_check(), kernel/bpf/hashtab.c, Linux 6.18.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "map/map.h"

namespace saya {

inline constexpr uint32_t kMostPerCpuValue =
    32768;  ///< PCPU_MIN_UNIT_SIZE: the most that the kernel's per-CPU allocator gives.

/// Flags of all hash types and those of `more`.
Result<> check_hash_flags(const MapSpec& spec, uint32_t more);
/// Key, value and the number of entries.
Result<> check_hash_sizes(const MapSpec& spec);
/// The same where each CPU has a value.
Result<> check_percpu_hash_sizes(const MapSpec& spec);

}  // namespace saya
