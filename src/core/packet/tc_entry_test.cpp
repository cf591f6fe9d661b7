// Entry into tc: golden rows measured on Linux 6.18 with a tc program that reads every field, on a veth (frames sent by
// AF_PACKET, MAC 02:00:00:00:00:0b) and on TAP devices.
#include "packet/tc_entry.h"

#include <gtest/gtest.h>

#include "packet/pool.h"

namespace saya {
namespace {

using Bytes = std::vector<std::byte>;

const std::string kOwn = "02000000000b", kSource = "02000000000a";
const std::string kIp = "4500002100010000401100000a0000010a00000204000035000d000068656c6c6f";
const std::string kZeros40(80, '0');

Device device(uint32_t ifindex = 2) {
  Device result{ifindex};
  const Bytes mac = *from_hex(kOwn);
  std::copy(mac.begin(), mac.end(), result.mac.begin());
  result.promiscuous = false;
  return result;
}

struct Row {
  const char* what;
  std::string frame;
  uint32_t len;
  uint8_t pkt_type;
  uint16_t protocol;
  uint16_t vlan_proto = 0;  ///< 0: no tag.
  uint16_t vlan_tci = 0;
};

std::string tagged(const std::string& destination, const char* tag, const std::string& rest) {
  return destination + kSource + tag + rest;
}

const Row kIngress[] = {
    {"own address", tagged(kOwn, "0800", kIp), 47, 0, 0x0800},
    {"broadcast", tagged("ffffffffffff", "0800", kIp), 47, 1, 0x0800},
    {"multicast", tagged("01005e000001", "0800", kIp), 47, 2, 0x0800},
    {"IPv6 multicast", tagged("333300000001", "86dd", "60" + std::string(78, '0')), 54, 2, 0x86dd},
    {"another host", tagged("0200000000cc", "0800", kIp), 47, 3, 0x0800},
    {"the zero address", tagged("000000000000", "0800", kIp), 47, 3, 0x0800},
    {"VLAN with priority", tagged(kOwn, "810060640800", kIp), 47, 0, 0x0800, 0x8100, 0x6064},
    {"VLAN with DEI", tagged(kOwn, "810070640800", kIp), 47, 0, 0x0800, 0x8100, 0x7064},
    {"priority tag", tagged(kOwn, "810000000800", kIp), 47, 0, 0x0800, 0x8100, 0},
    {"service VLAN", tagged(kOwn, "88a800050800", kIp), 47, 0, 0x0800, 0x88a8, 5},
    {"two tags: the inner stays",
     tagged(kOwn,
     "88a8000581000006"
            "0800", kIp),
     51, 0, 0x8100, 0x88a8, 5},
    {"0x9100 is no tag", tagged(kOwn, "910000050800", kIp), 51, 0, 0x9100},
    {"VLAN for another host", tagged("0200000000cc", "810000070800", kIp), 47, 3, 0x0800, 0x8100, 7},
    {"VLAN broadcast", tagged("ffffffffffff", "810000070800", kIp), 47, 1, 0x0800, 0x8100, 7},
    {"802.2", tagged(kOwn, "00264242", "03" + kZeros40), 57, 0, 0x0004},
    {"raw 802.3", tagged(kOwn, "0026ffff", kZeros40), 56, 0, 0x0001},
    {"the largest length", tagged(kOwn, "05ffaaaa", kZeros40), 56, 0, 0x0004},
    {"the smallest type", tagged(kOwn, "06000000", kZeros40), 56, 0, 0x0600},
    {"802.2 in a VLAN", tagged(kOwn, "8100000900264242", kZeros40), 56, 0, 0x0004, 0x8100, 9},
    {"raw 802.3 in a VLAN", tagged(kOwn, "810000090026ffff", kZeros40), 56, 0, 0x0001, 0x8100, 9},
    {"a header alone", tagged(kOwn, "0800", ""), 14, 0, 0x0800},
    {"a length and one byte", tagged(kOwn, "0001", "ff"), 15, 0, 0x0004},
    {"the shortest tagged frame", tagged(kOwn, "88a8000581000006", ""), 16, 0, 0x8100, 0x88a8, 5},
};

class TcEntry : public ::testing::Test {
 protected:
  PacketPtr packet(const std::string& hex) { return pool_->allocate(*from_hex(hex)); }
  std::unique_ptr<Pool> pool_ = std::move(*Pool::create(8));
};

void expect_row(const Packet& packet, const Row& row) {
  EXPECT_EQ(packet.len, row.len) << row.what;
  EXPECT_EQ(packet.skb.wire_len, row.len - 14) << row.what;
  EXPECT_EQ(packet.skb.pkt_type, row.pkt_type) << row.what;
  EXPECT_EQ(packet.skb.protocol, row.protocol) << row.what;
  EXPECT_EQ(packet.vlan.present, row.vlan_proto != 0) << row.what;
  EXPECT_EQ(packet.vlan.proto, row.vlan_proto) << row.what;
  EXPECT_EQ(packet.vlan.tci, row.vlan_tci) << row.what;
  EXPECT_EQ(packet.skb.ifindex, 2u);
  EXPECT_EQ(packet.skb.ingress_ifindex, 2u);
  EXPECT_EQ(packet.skb.queue_mapping, 0);
  EXPECT_EQ(packet.skb.hash, 0u);
  EXPECT_EQ(packet.skb.napi_id, 0u);
  EXPECT_EQ(packet.skb.tstamp, 0);
}

/// The frame as tc sees it: without the tag that moved beside it.
Bytes untagged(const Row& row) {
  Bytes frame = *from_hex(row.frame);
  if (row.vlan_proto) frame.erase(frame.begin() + 12, frame.begin() + 16);
  return frame;
}

TEST_F(TcEntry, IngressShowsWhatTheKernelShows) {
  for (const Row& row : kIngress) {
    const PacketPtr arrived = packet(row.frame);
    ASSERT_TRUE(enter_tc_ingress(*arrived, device())) << row.what;
    expect_row(*arrived, row);
    EXPECT_EQ(Bytes(arrived->data, arrived->data_end), untagged(row)) << row.what;
  }
}

TEST_F(TcEntry, TheTagGoesBackWhereItWas) {
  for (const Row& row : kIngress) {
    const PacketPtr arrived = packet(row.frame);
    ASSERT_TRUE(enter_tc_ingress(*arrived, device()));
    ASSERT_EQ(insert_vlan_tag(*arrived), 0);
    EXPECT_EQ(Bytes(arrived->data, arrived->data_end), *from_hex(row.frame)) << row.what;
    EXPECT_EQ(arrived->vlan.present, 0);
    EXPECT_EQ(arrived->skb.protocol, row.vlan_proto ? row.vlan_proto : row.protocol);
  }
}

TEST_F(TcEntry, FramesThatTheKernelDropsBeforeTcAreRefused) {
  const std::string header = kOwn + kSource;
  for (const char* rest : {"8100", "810000", "81000005", "8100000508", "810000050800", "81000005080000", "08"})
    EXPECT_FALSE(enter_tc_ingress(*packet(header + rest), device())) << rest;
  EXPECT_FALSE(enter_tc_ingress(*packet(""), device()));
}

TEST_F(TcEntry, EveryUnicastFrameIsForADeviceWithoutAnAddress) {
  const PacketPtr arrived = packet(tagged("0200000000cc", "0800", kIp));
  ASSERT_TRUE(enter_tc_ingress(*arrived, Device{2}));
  EXPECT_EQ(arrived->skb.pkt_type, 0);
}

TEST_F(TcEntry, ADriverThatRecordsItsQueueShowsItPlusOne) {
  Device tap = device();
  tap.records_queue = true;
  for (const uint32_t queue : {0u, 1u, 2u}) {
    const PacketPtr arrived = packet(tagged(kOwn, "0800", kIp));
    arrived->rx_queue_index = queue;
    ASSERT_TRUE(enter_tc_ingress(*arrived, tap));
    EXPECT_EQ(arrived->skb.queue_mapping, queue + 1);
  }
}

TEST_F(TcEntry, MetadataMovesAlongWhenTheTagIsTakenOut) {
  const PacketPtr arrived = packet(tagged(kOwn, "810060640800", kIp));
  ASSERT_EQ(adjust_meta(*arrived, -8), 0);
  std::fill(arrived->data_meta, arrived->data, std::byte{0x77});
  ASSERT_TRUE(enter_tc_ingress(*arrived, device()));
  EXPECT_EQ(Bytes(arrived->data_meta, arrived->data), Bytes(8, std::byte{0x77}));
}

TEST_F(TcEntry, TakingTheTagOutLeavesACloneAlone) {
  const std::string frame = tagged(kOwn, "810060640800", kIp);
  const PacketPtr arrived = packet(frame);
  const PacketPtr copy = clone(*arrived);
  ASSERT_TRUE(enter_tc_ingress(*arrived, device()));
  EXPECT_EQ(Bytes(copy->data, copy->data_end), *from_hex(frame));
}

/// A packet at ingress whose program set everything it can, as the redirecting program of the measurement did.
PacketPtr marked(PacketPtr packet) {
  EXPECT_TRUE(enter_tc_ingress(*packet, device(2)));
  Skb& skb = packet->skb;
  skb.mark = 7;
  skb.priority = 9;
  skb.tc_index = 5;
  skb.cb[0] = 11;
  skb.queue_mapping = 3;
  skb.hash = 1674108272;
  skb.pkt_type = 1;
  return packet;
}

void expect_mostly_kept(const Skb& skb) {
  EXPECT_EQ(skb.mark, 7u);
  EXPECT_EQ(skb.tc_index, 5);
  EXPECT_EQ(skb.cb[0], 11u);
  EXPECT_EQ(skb.queue_mapping, 3);
  EXPECT_EQ(skb.hash, 1674108272u);
  EXPECT_EQ(skb.ifindex, 5u);
}

TEST_F(TcEntry, RedirectionToAnotherIngressReceivesThePacketAgain) {
  const PacketPtr again = marked(packet(tagged(kOwn, "88a80005810000060800", kIp)));
  again->skb.tstamp = 12345;
  again->skb.tstamp_type = 1;
  Device other = device(5);
  other.mac[5] = std::byte{0x0c};
  ASSERT_TRUE(enter_tc_ingress(*again, other));
  expect_mostly_kept(again->skb);
  EXPECT_EQ(again->skb.ingress_ifindex, 5u);
  EXPECT_EQ(again->skb.pkt_type, 3);
  EXPECT_EQ(again->skb.priority, 0u);
  EXPECT_EQ(again->skb.protocol, 0x8100);
  EXPECT_EQ(again->vlan.tci, 5);
  EXPECT_EQ(again->len, 51u);
  EXPECT_EQ(again->skb.wire_len, 37u);
  EXPECT_EQ(again->skb.tstamp, 12345);
}

TEST_F(TcEntry, RedirectionToAnEgressKeepsAllButDeviceLengthAndReceiveTime) {
  const PacketPtr out = marked(packet(tagged(kOwn, "810060640800", kIp)));
  out->skb.tstamp = 12345;
  enter_tc_egress(*out, device(5));
  expect_mostly_kept(out->skb);
  EXPECT_EQ(out->skb.ingress_ifindex, 2u);
  EXPECT_EQ(out->skb.pkt_type, 1);
  EXPECT_EQ(out->skb.priority, 9u);
  EXPECT_EQ(out->skb.protocol, 0x0800);
  EXPECT_EQ(out->vlan.tci, 0x6064);
  EXPECT_EQ(out->skb.wire_len, 47u);
  EXPECT_EQ(out->skb.tstamp, 0);
  out->skb.tstamp = 12345;
  out->skb.tstamp_type = 1;
  enter_tc_egress(*out, device(5));
  EXPECT_EQ(out->skb.tstamp, 12345);
}

TEST_F(TcEntry, WhatTheHostSendsKeepsItsTagAndItsTypeField) {
  for (const auto& [hex, protocol] : {
           std::pair{tagged(kOwn,           "0800",         kIp),      0x0800},
           std::pair{tagged("ffffffffffff", "810060640800", kIp),      0x8100},
           std::pair{tagged(kOwn,           "00264242",     kZeros40), 0x0026}
  }) {
    const PacketPtr out = packet(hex);
    enter_tc_egress(*out, device(3));
    EXPECT_EQ(out->skb.protocol, protocol);
    EXPECT_EQ(out->skb.pkt_type, 0);
    EXPECT_EQ(out->skb.ingress_ifindex, 0u);
    EXPECT_EQ(out->skb.ifindex, 3u);
    EXPECT_EQ(out->skb.wire_len, hex.size() / 2);
    EXPECT_EQ(out->vlan.present, 0);
  }
}

PacketPtr large_tcp(Pool& pool) {
  const std::string headers = tagged(kOwn, "0800",
                                     "45000fc8000100004006"
                                     "00000a0000010a000002"
                                     "03e803e80000000100000001"
                                     "5010ffff00000000");
  Bytes frame = *from_hex(headers);
  frame.resize(4054);
  PacketPtr packet = pool.allocate(frame);
  packet->gso_type = Gso::tcp4;
  packet->gso_size = 1400;
  packet->checksum = Checksum::partial;
  packet->checksum_start = 34;
  packet->checksum_offset = 16;
  return packet;
}

TEST_F(TcEntry, ALargePacketsWireLengthCountsTheHeadersOfAllSegmentsAtEgressOnly) {
  const PacketPtr out = large_tcp(*pool_);
  enter_tc_egress(*out, device());
  EXPECT_EQ(out->skb.wire_len, 4162u);
  const PacketPtr in = large_tcp(*pool_);
  ASSERT_TRUE(enter_tc_ingress(*in, device()));
  EXPECT_EQ(in->skb.wire_len, 4040u);
}

TEST_F(TcEntry, InsertingATagMovesTheChecksumStartAndFindsRoomWithoutHeadroom) {
  const PacketPtr out = large_tcp(*pool_);
  ASSERT_EQ(adjust_head(*out, -216), 0);
  ASSERT_EQ(reserve_headroom(*out, 40), 0);
  out->data -= 40;  // The frame begins where its buffer does.
  out->data_meta = out->data;
  out->len += 40;
  const uint16_t start = out->checksum_start;
  out->vlan = {uint16_t{0x8100}, 0x6064, 1};
  ASSERT_EQ(insert_vlan_tag(*out), 0);
  EXPECT_EQ(out->checksum_start, start + 4);
  EXPECT_EQ(load<be16>(out->data + 12), 0x8100);
  EXPECT_EQ(load<be16>(out->data + 14), 0x6064);
}

/// Where headers are: the receive path has looked at Ethernet's, a sender at all of them.
struct HeadersRow {
  const char* what;
  std::string frame;
  int32_t network, transport_at_ingress, transport_at_egress, network_at_egress;
};
const HeadersRow kHeaders[] = {
    {"IPv4", tagged(kOwn, "0800", kIp), 14, 14, 34, 14},
    // The kernel moves the network header behind the tag, and its dissector then looks for the tag there.
    {"tagged IPv4", tagged(kOwn, "810000070800", kIp), 14, 14, Skb::kNoHeader, 18},
    {"ARP", tagged(kOwn, "0806", std::string(56, '0')), 14, 14, Skb::kNoHeader, 14},
};

TEST_F(TcEntry, HeadersAreWhereTheStackFoundThem) {
  for (const HeadersRow& row : kHeaders) {
    const PacketPtr in = pool_->allocate(*from_hex(row.frame)), out = pool_->allocate(*from_hex(row.frame));
    ASSERT_TRUE(enter_tc_ingress(*in, device())) << row.what;
    EXPECT_EQ(in->skb.mac_header, 0) << row.what;
    EXPECT_EQ(in->skb.network_header, row.network) << row.what;
    EXPECT_EQ(in->skb.transport_header, row.transport_at_ingress) << row.what;
    EXPECT_TRUE(in->skb.at_ingress);
    enter_tc_egress(*out, device());
    EXPECT_EQ(out->skb.network_header, row.network_at_egress) << row.what;
    EXPECT_EQ(out->skb.transport_header, row.transport_at_egress) << row.what;
    EXPECT_FALSE(out->skb.at_ingress);
  }
}

}  // namespace
}  // namespace saya
