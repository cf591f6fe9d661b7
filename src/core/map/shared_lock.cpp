// Spins, then lets others run: the holder may share this core.
#include "map/shared_lock.h"

#include <sched.h>

#include "base/time.h"

namespace saya {
namespace {

constexpr uint32_t kSpins = 128;
constexpr Nanoseconds kPatience = 250'000'000;

bool try_lock(std::atomic<uint32_t>& word) noexcept {
  return word.load(std::memory_order_relaxed) == 0 && word.exchange(1, std::memory_order_acquire) == 0;
}

bool lock(std::atomic<uint32_t>& word) noexcept {
  if (try_lock(word)) return true;
  const RealClock clock;
  const Nanoseconds deadline = clock.now() + kPatience;
  do {
    for (uint32_t spin = 0; spin < kSpins; ++spin)
      if (try_lock(word)) return true;
    ::sched_yield();
  } while (clock.now() < deadline);
  return false;
}

}  // namespace

SharedLock::SharedLock(std::atomic<uint32_t>& word) noexcept : word_(word), held_(lock(word)) {}

}  // namespace saya
