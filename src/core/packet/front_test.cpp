#include "packet/front.h"

#include <gtest/gtest.h>

#include "packet/pool.h"

namespace saya {
namespace {

class Front : public testing::Test {
 protected:
  std::unique_ptr<Pool> pool_ = *Pool::create(2);
  PacketPtr packet_ = pool_->allocate(std::vector<std::byte>(64));
};

TEST_F(Front, HeadersGoOnNamingTheSameBytes) {
  packet_->skb.transport_header = 34;
  packet_->checksum = Checksum::partial;
  packet_->checksum_start = 34;
  pull_front(*packet_, 14);
  EXPECT_EQ(packet_->len, 50u);
  EXPECT_EQ(packet_->skb.mac_header, -14);
  EXPECT_EQ(packet_->skb.network_header, 0);
  EXPECT_EQ(packet_->skb.transport_header, 20);
  EXPECT_EQ(packet_->checksum_start, 20);
  push_front(*packet_, 18);
  EXPECT_EQ(packet_->skb.mac_header, 4);
  EXPECT_EQ(packet_->checksum_start, 38);
}

TEST_F(Front, AChecksumWhosePlaceIsCutOffIsForgotten) {
  packet_->checksum = Checksum::partial;
  packet_->checksum_start = 10;
  pull_front(*packet_, 14);
  EXPECT_EQ(packet_->checksum, Checksum::none);
}

TEST_F(Front, MetadataKeepsItsLengthAndEndsWhereThereIsNoRoom) {
  ASSERT_EQ(adjust_meta(*packet_, -8), 0);
  push_front(*packet_, 20);
  EXPECT_EQ(packet_->data - packet_->data_meta, 8);
  push_front(*packet_, static_cast<uint32_t>(packet_->data - packet_->head->begin) - 4);
  EXPECT_EQ(packet_->data, packet_->data_meta);
}

TEST_F(Front, BytesInFrontOfDataAreLinearToo) {
  pull_front(*packet_, 14);
  EXPECT_EQ(linear_bytes(*packet_, -14, 14), packet_->data - 14);
  EXPECT_EQ(linear_bytes(*packet_, 49, 1), packet_->data_end - 1);
  EXPECT_EQ(linear_bytes(*packet_, 49, 2), nullptr);
  EXPECT_EQ(linear_bytes(*packet_, packet_->head->begin - packet_->data - 1, 1), nullptr);
}

}  // namespace
}  // namespace saya
