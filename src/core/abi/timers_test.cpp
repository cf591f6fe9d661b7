#include "abi/timers.h"

#include <gtest/gtest.h>

#include <vector>

namespace saya::abi {
namespace {

TEST(TimerQueue, FiresInOrderOfDeadlineThenOfArming) {
  TimerQueue timers;
  std::vector<int> fired;
  const auto note = [&fired](int what) { return [&fired, what](Nanoseconds) { fired.push_back(what); }; };
  timers.arm(20, note(3));
  timers.arm(10, note(1));
  timers.arm(10, note(2));
  timers.arm(30, note(4));
  EXPECT_EQ(timers.next_deadline(), 10);
  EXPECT_EQ(timers.fire(20), 3u);
  EXPECT_EQ(fired, (std::vector{1, 2, 3}));
  EXPECT_EQ(timers.next_deadline(), 30);
  EXPECT_EQ(timers.fire(29), 0u);
}

TEST(TimerQueue, ForgetsWhatIsCancelled) {
  TimerQueue timers;
  int fired = 0;
  const auto id = timers.arm(10, [&](Nanoseconds) { ++fired; });
  EXPECT_TRUE(timers.cancel(id));
  EXPECT_FALSE(timers.cancel(id));
  EXPECT_FALSE(timers.next_deadline());
  EXPECT_EQ(timers.fire(100), 0u);
  EXPECT_EQ(fired, 0);
}

TEST(TimerQueue, LetsAnActionArmAndCancel) {
  TimerQueue timers;
  std::vector<Nanoseconds> moments;
  TimerQueue::Id later = timers.arm(50, [&](Nanoseconds) { moments.push_back(-1); });
  timers.arm(10, [&](Nanoseconds now) {
    moments.push_back(now);
    EXPECT_TRUE(timers.cancel(later));
    timers.arm(5, [&](Nanoseconds then) { moments.push_back(then + 1); });
  });
  EXPECT_EQ(timers.fire(60), 2u);
  EXPECT_EQ(moments, (std::vector<Nanoseconds>{60, 61}));
}

TEST(TimerQueue, BoundsATimerThatArmsItself) {
  TimerQueue timers;
  size_t fired = 0;
  std::function<void(Nanoseconds)> again = [&](Nanoseconds now) {
    ++fired;
    timers.arm(now, again);
  };
  timers.arm(0, again);
  EXPECT_EQ(timers.fire(0, 100), 100u);
  EXPECT_EQ(fired, 100u);
  EXPECT_EQ(timers.next_deadline(), 0);
}

TEST(TimerQueue, CannotCancelWhatHasFired) {
  TimerQueue timers;
  const auto id = timers.arm(1, [](Nanoseconds) {});
  timers.fire(1);
  EXPECT_FALSE(timers.cancel(id));
}

}  // namespace
}  // namespace saya::abi
