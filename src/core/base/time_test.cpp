// Clocks that move as promised.
#include "base/time.h"

#include <gtest/gtest.h>

#include <ctime>

namespace saya {
namespace {

TEST(VirtualClock, moves_only_forward_and_only_when_told) {
  VirtualClock clock(100);
  EXPECT_EQ(clock.now(), 100);
  clock.advance_to(250);
  EXPECT_EQ(clock.now(), 250);
  clock.advance_to(200);
  EXPECT_EQ(clock.now(), 250);
}

TEST(RealClock, is_the_machines_monotonic_clock) {
  const auto monotonic = [] {
    timespec t{};
    clock_gettime(CLOCK_MONOTONIC, &t);
    return Nanoseconds{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
  };
  const RealClock clock;
  const Nanoseconds before = monotonic(), now = clock.now(), after = monotonic();
  EXPECT_LE(before, now);
  EXPECT_LE(now, after);
}

}  // namespace
}  // namespace saya
