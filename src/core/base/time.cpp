// The machine's clocks.
#include "base/time.h"

#include <ctime>

namespace saya {
namespace {

Nanoseconds read(clockid_t clock) noexcept {
  timespec t{};
  clock_gettime(clock, &t);
  return Nanoseconds{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

}  // namespace

Nanoseconds RealClock::now() const noexcept { return read(CLOCK_MONOTONIC); }
Nanoseconds RealClock::tai() const noexcept { return read(CLOCK_TAI); }

}  // namespace saya
