// Snapshots under readers: whole, and alive for as long as a reader may hold them.
#include "base/published.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace saya {
namespace {

/// Two halves that always agree, and a count of those that are alive.
class Snapshot {
 public:
  Snapshot(int number, std::atomic<int>& alive) : first_(number), second_(number), alive_(alive) { ++alive_; }
  ~Snapshot() {
    first_ = -1;
    --alive_;
  }
  int number() const { return first_; }
  bool whole() const { return first_ == second_; }

 private:
  int first_;
  int second_;
  std::atomic<int>& alive_;
};

TEST(Published, starts_with_a_default_value_or_with_the_one_given) {
  EXPECT_EQ(Published<int>().read(), 0);
  EXPECT_EQ(Published<int>(std::make_unique<const int>(7)).read(), 7);
}

TEST(Published, frees_the_old_value_at_once_when_nobody_reads) {
  std::atomic<int> alive = 0;
  {
    Published<Snapshot> published(std::make_unique<const Snapshot>(1, alive));
    published.publish(std::make_unique<const Snapshot>(2, alive));
    EXPECT_EQ(published.read().number(), 2);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(Published, a_reader_on_the_publishing_thread_does_not_wait_for_itself) {
  const Reader reader;
  Published<int> published;
  published.publish(std::make_unique<const int>(3));
  EXPECT_EQ(published.read(), 3);
}

TEST(Published, an_old_value_lives_until_its_reader_is_quiescent) {
  std::atomic<int> alive = 0;
  Published<Snapshot> published(std::make_unique<const Snapshot>(1, alive));
  std::atomic<bool> reading = false, freed = false;
  std::jthread worker([&] {
    Reader reader;
    const Snapshot& held = published.read();
    reading = true;
    while (published.read().number() == 1) std::this_thread::yield();
    EXPECT_TRUE(held.whole());
    EXPECT_EQ(held.number(), 1);
    EXPECT_EQ(alive, 2);
    EXPECT_FALSE(freed);
    reader.quiescent();
  });
  while (!reading) std::this_thread::yield();
  published.publish(std::make_unique<const Snapshot>(2, alive));
  freed = true;
  EXPECT_EQ(alive, 1);
}

TEST(Published, a_reader_that_is_offline_delays_nobody) {
  Published<int> published;
  std::atomic<bool> offline = false, done = false;
  std::jthread worker([&] {
    Reader reader;
    reader.go_offline();
    offline = true;
    while (!done) std::this_thread::yield();
    reader.go_online();
    EXPECT_EQ(published.read(), 1);
  });
  while (!offline) std::this_thread::yield();
  published.publish(std::make_unique<const int>(1));  // Would hang here.
  done = true;
}

TEST(Published, readers_see_only_whole_values_while_several_publish) {
  std::atomic<int> alive = 0;
  Published<Snapshot> published(std::make_unique<const Snapshot>(0, alive));
  std::atomic<bool> done = false;
  {
    std::vector<std::jthread> readers, publishers;
    for (int i = 0; i < 3; ++i)
      readers.emplace_back([&] {
        Reader reader;
        while (!done) {
          ASSERT_TRUE(published.read().whole());
          reader.quiescent();
        }
      });
    for (int i = 0; i < 2; ++i)
      publishers.emplace_back([&] {
        for (int number = 1; number <= 200; ++number)
          published.publish(std::make_unique<const Snapshot>(number, alive));
      });
    publishers.clear();
    done = true;
  }
  EXPECT_EQ(published.read().number(), 200);
  EXPECT_EQ(alive, 1);
}

}  // namespace
}  // namespace saya
