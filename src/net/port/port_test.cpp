// Port drivers: the factory's words, and captures as a source of packets.
#include "port/port.h"

#include <gtest/gtest.h>

#include <vector>

#include "packet/capture.h"
#include "port/pcap.h"

namespace saya::port {
namespace {

const std::string kCaptures = SAYA_SOURCE_DIR "/tests/captures/";

class PortTest : public testing::Test {
 protected:
  std::unique_ptr<Pool> pool_ = *Pool::create(8);
  VirtualClock clock_;
  World world_{*pool_, clock_};
};

TEST_F(PortTest, AnUnknownDriverNamesTheKnownOnes) {
  const auto queue = open("tun x", world_);
  ASSERT_FALSE(queue);
  EXPECT_EQ(queue.error().message, "port driver 'tun' is unknown; there are: null, pcap");
}

TEST_F(PortTest, NullTakesEverythingAndGivesNothing) {
  const QueuePtr queue = open("null", world_).value();
  PacketPtr packets[] = {pool_->allocate(), pool_->allocate()};
  EXPECT_EQ(queue->transmit(packets), 2u);
  EXPECT_EQ(pool_->packets_in_use(), 0u);
  EXPECT_EQ(queue->receive(packets), 0u);
  EXPECT_FALSE(queue->next_arrival());
}

TEST_F(PortTest, AFrameArrivesWhenTheClockReachesItsTimestamp) {
  const QueuePtr queue = open("pcap " + kCaptures + "dns.pcap", world_).value();
  PacketPtr slots[4];
  EXPECT_EQ(queue->receive(slots), 0u) << "the clock is before the capture";
  const Nanoseconds first = queue->next_arrival().value();
  clock_.advance_to(first - 1);
  EXPECT_EQ(queue->receive(slots), 0u);
  clock_.advance_to(first);
  ASSERT_EQ(queue->receive(slots), 1u);
  EXPECT_EQ(slots[0]->arrival, first);
  EXPECT_GT(queue->next_arrival().value(), first);
}

TEST_F(PortTest, AnEmptyPoolMakesFramesWaitAndLosesNone) {
  const QueuePtr queue = open("pcap " + kCaptures + "dns.pcap", world_).value();
  clock_.advance_to(INT64_MAX);
  size_t in_all = 0;
  for (;;) {
    std::vector<PacketPtr> slots(64);  // More than the pool has.
    const size_t got = queue->receive(slots);
    if (got == 0) break;
    EXPECT_LE(got, 8u);
    in_all += got;
  }
  EXPECT_EQ(in_all, 21u);
  EXPECT_TRUE(queue->status());
}

TEST_F(PortTest, SeveralCapturesAreMergedByTime) {
  const std::vector<std::string> files = {kCaptures + "tcp.pcap", kCaptures + "dns.pcap"};
  const QueuePtr queue = replay(files, world_).value();
  Nanoseconds last = 0;
  size_t count = 0;
  while (const auto next = queue->next_arrival()) {
    EXPECT_GE(*next, last);
    last = *next;
    clock_.advance_to(last);
    PacketPtr slot[1];
    ASSERT_EQ(queue->receive(slot), 1u);
    ++count;
  }
  EXPECT_EQ(count, 32u + 21u);
}

}  // namespace
}  // namespace saya::port
