// kernel/bpf/helpers.c, Linux 6.18. The timers themselves are in abi/map_timers.h; where a run has none, the kernel's
// answer to a program that may not use them, -EOPNOTSUPP.
#include "helper/timer.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "abi/map_timers.h"
#include "helper/errno.h"

namespace saya::helper {
namespace {

constexpr uint64_t kClocks[] = {0, 1, 7};                // CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME.
constexpr uint64_t kAbsolute = 1, kOnThisProcessor = 2;  // BPF_F_TIMER_ABS, BPF_F_TIMER_CPU_PIN.

/// `delay` later than `now`; as ktime_add_safe(), no sum wraps.
Nanoseconds after(Nanoseconds now, Nanoseconds delay) noexcept {
  Nanoseconds sum = 0;
  return __builtin_add_overflow(now, delay, &sum) ? std::numeric_limits<Nanoseconds>::max() : sum;
}

}  // namespace

uint64_t timer_init(Run& run, std::byte* timer, Map* map, uint64_t flags) noexcept {
  if (std::ranges::find(kClocks, flags) == std::end(kClocks)) return result(-EINVAL);
  abi::MapTimers* const timers = run.services->timers;
  return result(timers ? timers->init(timer, *map) : -EOPNOTSUPP);
}

uint64_t timer_set_callback(Run& run, std::byte* timer, uint64_t function) noexcept {
  abi::MapTimers* const timers = run.services->timers;
  if (!timers) return result(-EOPNOTSUPP);
  abi::ExecutablePtr program = run.program ? run.program->weak_from_this().lock() : nullptr;
  return result(program ? timers->set_callback(timer, std::move(program), function) : -EINVAL);
}

uint64_t timer_start(Run& run, std::byte* timer, uint64_t nanoseconds, uint64_t flags) noexcept {
  if (flags & ~(kAbsolute | kOnThisProcessor)) return result(-EINVAL);
  abi::MapTimers* const timers = run.services->timers;
  if (!timers) return result(-EOPNOTSUPP);
  const auto moment = static_cast<Nanoseconds>(nanoseconds);
  return result(timers->start(timer, flags & kAbsolute ? moment : after(run.services->clock->now(), moment)));
}

uint64_t timer_cancel(Run& run, std::byte* timer) noexcept {
  abi::MapTimers* const timers = run.services->timers;
  return result(timers ? timers->cancel(timer, run.services->cpu) : -EOPNOTSUPP);
}

}  // namespace saya::helper
