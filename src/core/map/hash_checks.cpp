// Refusals of hash maps. Limits of htab_map_alloc_check(), kernel/bpf/hashtab.c, Linux 6.18.
#include "map/hash_checks.h"

#include "map/checks.h"

namespace saya {
namespace {

constexpr uint64_t kMostElement =
    (4u << 20) - 48 - 1;                     // Key and value: below KMALLOC_MAX_SIZE with the kernel's links.
constexpr uint32_t kMostEntries = 1u << 27;  // The kernel's bucket array stays below 4 GiB.

}  // namespace

Result<> check_hash_flags(const MapSpec& spec, uint32_t more) {
  return check_flags(spec, kMapZeroSeed | kMapSyscallFlags | kMapProgramFlags | more);
}

Result<> check_hash_sizes(const MapSpec& spec) {
  SAYA_CHECK(check_range(spec, "key_size", spec.key_size, 1, kMostElement, Code::no_space));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 1, kMostElement, Code::no_space));
  const uint64_t both = uint64_t{spec.key_size} + spec.value_size;
  SAYA_CHECK(check_range(spec, "key_size + value_size", both, 2, kMostElement, Code::no_space));
  return check_range(spec, "max_entries", spec.max_entries, 1, kMostEntries, Code::no_space);
}

Result<> check_percpu_hash_sizes(const MapSpec& spec) {
  SAYA_CHECK(check_hash_sizes(spec));
  return check_range(spec, "value_size", spec.value_size, 1, kMostPerCpuValue, Code::no_space);
}

}  // namespace saya
