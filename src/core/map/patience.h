// Waiting for somebody else's short step in shared memory, who may be dead.
#pragma once

#include <sched.h>

#include "base/time.h"

namespace saya {

inline constexpr Nanoseconds kLockPatience = 250'000'000;  ///< As the kernel's resilient spin lock.

/// Spins until `done()`, then lets others run: who is waited for may share this core. False when `patience` is over.
template <class Done>
bool wait_until(Done done, Nanoseconds patience = kLockPatience) noexcept {
  constexpr uint32_t kSpins = 128;
  if (done()) return true;
  const RealClock clock;
  const Nanoseconds deadline = clock.now() + patience;
  do {
    for (uint32_t spin = 0; spin < kSpins; ++spin)
      if (done()) return true;
    ::sched_yield();
  } while (clock.now() < deadline);
  return false;
}

}  // namespace saya
