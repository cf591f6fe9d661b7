// Helpers at tc over packets with fragments, which no test run of Linux 6.18 has (it makes skbs linear).
#include <gtest/gtest.h>

#include <cerrno>

#include "helper/errno.h"
#include "helper/resize.h"
#include "helper/room.h"
#include "helper/skb.h"
#include "helper/vlan.h"
#include "packet/pool.h"
#include "packet/tc_entry.h"

namespace saya::helper {
namespace {

constexpr uint32_t kSize = 9000, kBorder = kMaxLinear;

class Fragments : public testing::Test {
 protected:
  void SetUp() override {
    std::vector<std::byte> frame(kSize);
    for (size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<std::byte>(i * 7 + i / 256);
    frame[12] = std::byte{8};
    frame[13] = std::byte{0};
    packet_ = pool_->allocate(frame);
    ASSERT_TRUE(enter_tc_ingress(*packet_, {.ifindex = 2}));
    ASSERT_GT(packet_->fragment_count, 0);
    frame_ = frame;
  }
  std::vector<std::byte> bytes() const {
    std::vector<std::byte> all(packet_->len);
    EXPECT_TRUE(copy_out(*packet_, 0, all.data(), packet_->len));
    return all;
  }

  std::unique_ptr<Pool> pool_ = *Pool::create(4);
  PacketPtr packet_;
  std::vector<std::byte> frame_;
  abi::Run run_;
};

TEST_F(Fragments, AreReadAcrossTheirBorders) {
  std::byte read[100];
  EXPECT_EQ(skb_load_bytes(run_, packet_.get(), kBorder - 50, read, 100), 0u);
  EXPECT_TRUE(std::equal(read, read + 100, frame_.begin() + kBorder - 50));
  EXPECT_EQ(skb_load_bytes(run_, packet_.get(), kSize - 99, read, 100), result(-EFAULT));
}

TEST_F(Fragments, AreBeyondReachOfLoadsRelativeToAHeader) {
  std::byte read[2];
  EXPECT_EQ(skb_load_bytes_relative(run_, packet_.get(), kBorder - 2, read, 2, 0), 0u);
  EXPECT_EQ(skb_load_bytes_relative(run_, packet_.get(), kBorder - 1, read, 2, 0), result(-EFAULT));
}

TEST_F(Fragments, BecomeLinearWhereTheyAreWritten) {
  const std::byte written[4]{};
  EXPECT_EQ(skb_store_bytes(run_, packet_.get(), kBorder, written, 4, 0), 0u);
  EXPECT_EQ(packet_->linear_size(), kBorder + 4);
  std::fill_n(frame_.begin() + kBorder, 4, std::byte{0});
  EXPECT_EQ(bytes(), frame_);
  EXPECT_EQ(skb_store_bytes(run_, packet_.get(), kSize - 3, written, 4, 0), result(-EFAULT));
}

TEST_F(Fragments, ArePulledAsFarAsAskedFor) {
  EXPECT_EQ(skb_pull_data(run_, packet_.get(), 5000), 0u);
  EXPECT_EQ(packet_->linear_size(), 5000u);
  EXPECT_EQ(skb_pull_data(run_, packet_.get(), 0), 0u);
  EXPECT_EQ(packet_->linear_size(), 5000u);
  EXPECT_EQ(skb_pull_data(run_, packet_.get(), kSize + 1), result(-ENOMEM));
  EXPECT_EQ(bytes(), frame_);
}

TEST_F(Fragments, StayWhenHeadersComeAndGo) {
  EXPECT_EQ(skb_adjust_room(run_, packet_.get(), 20, 1, 0), 0u);
  EXPECT_EQ(packet_->len, kSize + 20);
  EXPECT_EQ(skb_vlan_push(run_, packet_.get(), 0x0081, 5), 0u);
  EXPECT_EQ(skb_vlan_push(run_, packet_.get(), 0x0081, 6), 0u);
  EXPECT_EQ(packet_->len, kSize + 24);
  EXPECT_EQ(skb_vlan_pop(run_, packet_.get()), 0u);
  EXPECT_EQ(skb_vlan_pop(run_, packet_.get()), 0u);
  EXPECT_EQ(skb_adjust_room(run_, packet_.get(), -20, 1, 0), 0u);
  EXPECT_EQ(bytes(), frame_);
  EXPECT_GT(packet_->fragment_count, 0);
}

TEST_F(Fragments, GoWhenTheTailChanges) {
  EXPECT_EQ(skb_change_tail(run_, packet_.get(), kSize + 10, 0), 0u);
  EXPECT_EQ(packet_->fragment_count, 0);
  frame_.resize(kSize + 10);
  EXPECT_EQ(bytes(), frame_);
}

}  // namespace
}  // namespace saya::helper
