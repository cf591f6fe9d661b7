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

TEST(RealClock, knows_the_year) {
  constexpr Nanoseconds kYear2020 = Nanoseconds{1'577'836'800} * 1'000'000'000;
  EXPECT_GT(RealClock().tai(), kYear2020);
  EXPECT_EQ(VirtualClock(7).tai(), 7) << "a replay has one clock";
}

}  // namespace
}  // namespace saya
