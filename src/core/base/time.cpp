// The machine's monotonic clock.
#include "base/time.h"

#include <ctime>

namespace saya {

Nanoseconds RealClock::now() const noexcept {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return Nanoseconds{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace saya
