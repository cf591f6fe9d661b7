// Time, chance and place of a run, all from its Services, so that a run repeats.
#include "helper/worker.h"

namespace saya::helper {
namespace {

constexpr uint64_t kNanosecondsPerJiffy = 4'000'000;  // HZ = 250.

}  // namespace

uint64_t ktime_get_ns(Run& run) noexcept { return static_cast<uint64_t>(run.services->clock->now()); }

uint64_t ktime_get_boot_ns(Run& run) noexcept { return ktime_get_ns(run); }

uint64_t ktime_get_tai_ns(Run& run) noexcept { return static_cast<uint64_t>(run.services->clock->tai()); }

uint64_t ktime_get_coarse_ns(Run& run) noexcept {
  const uint64_t now = ktime_get_ns(run);
  return now - now % kNanosecondsPerJiffy;
}

uint64_t jiffies64(Run& run) noexcept { return ktime_get_ns(run) / kNanosecondsPerJiffy; }

uint64_t get_prandom_u32(Run& run) noexcept { return run.services->random->next() >> 32; }

uint64_t get_smp_processor_id(Run& run) noexcept { return run.services->cpu; }

uint64_t get_numa_node_id(Run&) noexcept { return 0; }

}  // namespace saya::helper
