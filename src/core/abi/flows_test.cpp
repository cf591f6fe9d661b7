#include "abi/flows.h"

#include <gtest/gtest.h>

namespace saya::abi {
namespace {

FlowTuple tuple(uint16_t port) { return {.source_port = port, .family = 2, .destination_port = 53, .protocol = 17}; }
FlowTuple reply(uint16_t port) { return {.source_port = 53, .family = 2, .destination_port = port, .protocol = 17}; }

class Flows : public testing::Test {
 protected:
  Flow* create(uint16_t port, uint32_t now, uint32_t lasts, FlowZone zone = {}) {
    Flow* flow = table.create(tuple(port), reply(port), zone, now);
    if (flow) flow->timeout = lasts;
    return flow;
  }
  Flow* insert(uint16_t port, uint32_t now, uint32_t lasts, FlowZone zone = {}) {
    Flow* flow = create(port, now, lasts, zone);
    return flow && table.insert(*flow, now) ? flow : nullptr;
  }
  Flow* find(const FlowTuple& wanted, uint32_t now, FlowZone zone = {}) {
    return table.find(wanted, zone, now, direction);
  }

  FlowTable table{7};
  uint8_t direction = 9;
};

TEST_F(Flows, AreFoundByBothEnds) {
  Flow* const flow = insert(1, 0, 100);
  ASSERT_TRUE(flow);
  EXPECT_EQ(find(tuple(1), 0), flow);
  EXPECT_EQ(direction, 0);
  EXPECT_EQ(find(reply(1), 0), flow);
  EXPECT_EQ(direction, 1);
  EXPECT_EQ(find(tuple(2), 0), nullptr);
}

TEST_F(Flows, AreNotFoundBeforeTheyAreInserted) {
  ASSERT_TRUE(create(1, 0, 100));
  EXPECT_EQ(find(tuple(1), 0), nullptr);
}

TEST_F(Flows, AreThereOnce) {
  Flow* const flow = insert(1, 0, 100);
  EXPECT_FALSE(table.insert(*flow, 0)) << "it is there already";
  EXPECT_EQ(insert(1, 0, 100), nullptr) << "another like it";
  table.discard(*flow);
  EXPECT_EQ(find(tuple(1), 0), flow) << "what is in the table stays";
}

TEST_F(Flows, EndWhenTheirTimeIsOver) {
  const uint32_t now = UINT32_MAX - 10;  // Jiffies wrap.
  ASSERT_TRUE(insert(1, now, 100));
  EXPECT_TRUE(find(tuple(1), now + 99));
  EXPECT_FALSE(find(reply(1), now + 100));
  EXPECT_TRUE(insert(1, now + 100, 5)) << "it has made room";
}

TEST_F(Flows, OfDifferentZonesAreStrangers) {
  ASSERT_TRUE(insert(1, 0, 100, {.id = 4}));
  EXPECT_FALSE(find(tuple(1), 0));
  EXPECT_TRUE(find(tuple(1), 0, {.id = 4}));
  ASSERT_TRUE(insert(1, 0, 100));
  ASSERT_TRUE(insert(2, 0, 100, {.id = 4, .directions = 1}));
  EXPECT_TRUE(find(reply(2), 0)) << "the zone counts in one direction only";
  EXPECT_FALSE(find(tuple(2), 0));
}

TEST_F(Flows, AreBounded) {
  for (uint32_t i = 0; i < FlowTable::kMost; ++i) ASSERT_TRUE(insert(static_cast<uint16_t>(i), 0, 100)) << i;
  EXPECT_FALSE(create(20000, 50, 100));
  Flow* const flow = create(20000, 100, 100);
  ASSERT_TRUE(flow) << "the others are over";
  EXPECT_TRUE(table.insert(*flow, 100));
  EXPECT_EQ(find(tuple(20000), 100), flow);
}

TEST_F(Flows, ThatProgramsForgotMakeRoom) {
  for (uint32_t i = 0; i < FlowTable::kMost; ++i) ASSERT_TRUE(create(static_cast<uint16_t>(i), 0, 100)) << i;
  EXPECT_TRUE(create(20000, 0, 100));
}

TEST_F(Flows, OfTheHostLast) {
  const Endpoint one{parse_ip("10.0.0.1").value(), 1000}, other{parse_ip("10.0.0.2").value(), 80},
      third{parse_ip("10.0.0.3").value(), 8080};
  const Connection connection{
      .protocol = 6, .source = one, .destination = other, .reply_source = third, .reply_destination = one, .mark = 5};
  ASSERT_TRUE(table.add(connection));
  EXPECT_FALSE(table.add(connection));
  const FlowTuple wanted{.source = third.address.bytes,
                         .source_port = 0x901f,
                         .family = 2,
                         .destination = one.address.bytes,
                         .destination_port = 0xe803,
                         .protocol = 6};
  Flow* const flow = find(wanted, 1u << 30);
  ASSERT_TRUE(flow);
  EXPECT_EQ(direction, 1);
  EXPECT_EQ(flow->mark, 5u);
  EXPECT_EQ(flow->status,
            kFlowConfirmed | kFlowSeenReply | kFlowAssured | kFlowDestinationNat | kFlowDestinationNatDone);
}

TEST_F(Flows, AreToldFromOtherMemory) {
  EXPECT_EQ(table.at(&table), nullptr);
  Flow* const flow = insert(1, 0, 100);
  EXPECT_EQ(table.at(flow), flow);
  EXPECT_EQ(table.at(&flow->mark), nullptr);
  EXPECT_EQ(table.at(&direction), nullptr);
  table.discard(*create(2, 0, 1));
  EXPECT_EQ(table.at(flow + 1), nullptr);
}

}  // namespace
}  // namespace saya::abi
