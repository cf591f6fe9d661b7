// The pool: what a fresh packet is, exhaustion, and giving back from other threads.
#include "packet/pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

namespace saya {
namespace {

std::unique_ptr<Pool> pool_of(size_t frames) { return std::move(*Pool::create(frames)); }

TEST(Pool, AFreshPacketIsEmptyWithAZeroHeadroom) {
  const auto pool = pool_of(1);
  for (int round = 0; round < 2; ++round) {  // The second time the frame holds the first packet's bytes.
    const PacketPtr packet = pool->allocate();
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->len, 0u);
    EXPECT_EQ(packet->headroom(), kHeadroom);
    EXPECT_EQ(packet->tailroom(), kMaxLinear);
    EXPECT_EQ(packet->vlan.present, 0);
    EXPECT_TRUE(std::all_of(packet->head->begin, packet->data, [](std::byte b) { return b == std::byte{0}; }));
    std::fill(packet->head->begin, packet->head->end, std::byte{0xaa});
    packet->vlan.present = 1;
  }
}

TEST(Pool, FramesLieOneFrameSizeApartInItsMemory) {
  const auto pool = pool_of(8);
  ASSERT_EQ(pool->memory().size(), 8 * kFrameSize);
  std::vector<PacketPtr> packets;
  for (int i = 0; i < 8; ++i) packets.push_back(pool->allocate());
  for (const PacketPtr& packet : packets) {
    const auto offset = packet->head->begin - pool->memory().data();
    EXPECT_EQ(offset % static_cast<long>(kFrameSize), 0);
    EXPECT_LT(offset, static_cast<long>(8 * kFrameSize));
  }
}

TEST(Pool, AnEmptyPoolGivesNothingUntilAPacketComesBack) {
  const auto pool = pool_of(2);
  PacketPtr first = pool->allocate();
  const PacketPtr second = pool->allocate();
  EXPECT_FALSE(pool->allocate());
  EXPECT_FALSE(clone(*second));
  EXPECT_EQ(pool->packets_in_use(), 2u);
  first.reset();
  EXPECT_TRUE(pool->allocate());
  EXPECT_EQ(pool->packets_in_use(), 1u);
}

TEST(Pool, AFrameThatACloneHoldsIsNotHandedOutAgain) {
  const auto pool = pool_of(2);
  PacketPtr original = pool->allocate();
  const PacketPtr copy = clone(*original);
  original.reset();
  EXPECT_EQ(pool->frames_in_use(), 1u);
  const PacketPtr next = pool->allocate();
  ASSERT_TRUE(next);
  EXPECT_NE(next->head, copy->head);
}

struct Size {
  size_t bytes;
  size_t linear;
  size_t fragments;
};

TEST(Pool, LongFramesGoOnInFragments) {
  const auto pool = pool_of(4);
  const size_t pages = kMaxFragments * kFragmentSize;
  for (const Size& size : {
           Size{0,            0,    0 },
           Size{1,            1,    0 },
           Size{3520,         3520, 0 },
           Size{3521,         3520, 1 },
           Size{65549,        3520, 16},
           Size{3520 + pages, 3520, 17},
           Size{3521 + pages, 3520, 3 }
  }) {
    std::vector<std::byte> frame(size.bytes);
    for (size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<std::byte>(i % 251);
    const PacketPtr packet = pool->allocate(frame);
    ASSERT_TRUE(packet) << size.bytes;
    EXPECT_EQ(packet->len, size.bytes);
    EXPECT_EQ(packet->linear_size(), size.linear);
    EXPECT_EQ(packet->fragment_count, size.fragments) << size.bytes;
    std::vector<std::byte> back(size.bytes);
    EXPECT_TRUE(copy_out(*packet, 0, back.data(), packet->len));
    EXPECT_EQ(back, frame);
  }
  EXPECT_FALSE(pool->allocate(std::vector<std::byte>(kMaxLinear + kMaxFragments * kLargeFragmentSize + 1)));
  EXPECT_EQ(pool->packets_in_use(), 0u);
  EXPECT_EQ(pool->frames_in_use(), 0u);
}

TEST(Pool, SizesOutOfRangeAreRefusedWithTheLimit) {
  EXPECT_EQ(Pool::create(0).error().message, "a pool has 0 frames, must be 1..16777216");
  EXPECT_FALSE(Pool::create((size_t{1} << 24) + 1));
}

TEST(Pool, PacketsGivenBackByOtherThreadsComeRoundAgain) {
  constexpr size_t kRounds = 20'000, kGivers = 2;
  const auto pool = pool_of(64);
  std::array<std::atomic<Packet*>, kGivers> mailboxes{};
  std::atomic<bool> done = false;
  std::vector<std::thread> givers;
  for (auto& mailbox : mailboxes)
    givers.emplace_back([&mailbox, &done] {
      while (!done || mailbox.load())
        if (Packet* packet = mailbox.exchange(nullptr, std::memory_order_acq_rel))
          PacketPtr(packet).reset();
        else
          std::this_thread::yield();
    });
  size_t sent = 0;
  while (sent < kRounds) {
    PacketPtr packet = pool->allocate();
    PacketPtr copy = packet ? clone(*packet) : nullptr;  // Its frame is released by two threads at once.
    if (!copy) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(packet->len, 0u);
    packet->data[0] = std::byte{1};
    for (auto* mine : {&packet, &copy}) {
      Packet* empty = nullptr;
      auto& mailbox = mailboxes[mine == &packet];
      if (mailbox.compare_exchange_strong(empty, mine->get(), std::memory_order_acq_rel)) (void)mine->release();
    }
    ++sent;
  }
  done = true;
  for (std::thread& giver : givers) giver.join();
  EXPECT_EQ(pool->packets_in_use(), 0u);
  EXPECT_EQ(pool->frames_in_use(), 0u);
}

}  // namespace
}  // namespace saya
