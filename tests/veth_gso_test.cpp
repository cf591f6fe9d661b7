// Segmentation and checksums: large packets leave a veth that can do neither, and saya's packet/gso.h cuts the same
// ones.
#include "packet/gso.h"

#include <gtest/gtest.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <ostream>

#include "base/bytes.h"
#include "base/fd.h"
#include "packet/pool.h"
#include "support/case_name.h"
#include "support/gso_cases.h"
#include "support/needs_kernel.h"
#include "support/veth.h"

namespace saya::tests {
namespace {

using Frames = std::vector<std::string>;

constexpr int kPatience = 2000;

/// struct virtio_net_hdr, whose header is no C++.
struct VirtioHeader {
  uint8_t flags = 1;  ///< VIRTIO_NET_HDR_F_NEEDS_CSUM.
  uint8_t gso_type = 0;
  uint16_t hdr_len, gso_size, csum_start, csum_offset;
};
static_assert(sizeof(VirtioHeader) == 10);

/// Takes away all that the device could do itself.
Result<> offload_nothing(const char* interface) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  for (const uint32_t command : {ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_STXCSUM, ETHTOOL_SSG}) {
    ethtool_value value{.cmd = command, .data = 0};
    ifreq request{};
    std::string_view(interface).copy(request.ifr_name, IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char*>(&value);
    if (::ioctl(socket.get(), SIOCETHTOOL, &request) != 0) return fail_errno("ethtool", errno);
  }
  return {};
}

uint8_t virtio_type(Gso type) {
  switch (type) {
    case Gso::tcp4: return 1;    // VIRTIO_NET_HDR_GSO_TCPV4
    case Gso::tcp6: return 4;    // VIRTIO_NET_HDR_GSO_TCPV6
    case Gso::udp_l4: return 5;  // VIRTIO_NET_HDR_GSO_UDP_L4
    case Gso::none: break;
  }
  return 0;
}

Result<> send_large(uint32_t ifindex, const GsoCase& row, const std::vector<std::byte>& frame) {
  const Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (::setsockopt(socket.get(), SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) != 0)
    return fail_errno("PACKET_VNET_HDR", errno);
  VirtioHeader header{};
  header.gso_type = row.size ? virtio_type(row.type) : uint8_t{0};
  header.hdr_len = static_cast<uint16_t>(row.headers.size());
  header.gso_size = row.size;
  header.csum_start = static_cast<uint16_t>(row.transport);
  header.csum_offset = gso_checksum_offset(row);
  std::vector<std::byte> message(sizeof header + frame.size());
  store(message.data(), header);
  std::copy(frame.begin(), frame.end(), message.begin() + sizeof header);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = load<uint16_t>(frame.data() + 12);
  address.sll_ifindex = static_cast<int>(ifindex);
  if (::sendto(socket.get(), message.data(), message.size(), 0, reinterpret_cast<sockaddr*>(&address), sizeof address) <
      0)
    return fail_errno("send", errno);
  return {};
}

/// A frame with a tag is heard without it: the stack keeps the tag beside the frame.
std::string without_tag(std::vector<std::byte> frame, bool tagged) {
  if (tagged) frame.erase(frame.begin() + 12, frame.begin() + 16);
  return to_hex(frame);
}

Frames by_saya(const GsoCase& row, bool tagged) {
  const auto pool = Pool::create(256).value();
  const PacketPtr packet = pool->allocate(gso_frame(row));
  packet->checksum = Checksum::partial;
  packet->checksum_start = static_cast<uint16_t>(row.transport);
  packet->checksum_offset = gso_checksum_offset(row);
  Frames frames;
  const auto keep = [&](const Packet& segment) {
    std::vector<std::byte> bytes(segment.len);
    copy_out(segment, 0, bytes.data(), segment.len);
    frames.push_back(without_tag(std::move(bytes), tagged));
  };
  if (row.size == 0) {
    EXPECT_EQ(finish_checksum(*packet), 0);
    keep(*packet);
    return frames;
  }
  packet->gso_type = row.type;
  packet->gso_size = row.size;
  const auto plan = plan_segments(*packet);
  if (!plan) return frames;
  for (uint32_t i = 0; i + 1 < plan->segments; ++i) keep(*make_segment(*packet, *plan, i));
  EXPECT_EQ(become_segment(*packet, *plan, plan->segments - 1), 0);
  keep(*packet);
  return frames;
}

Result<Frames> by_the_kernel(const GsoCase& row, size_t count) {
  SAYA_TRY(const Network network, make_network());
  SAYA_CHECK(offload_nothing("etha"));
  const bool ipv6 = row.transport - row.network == 40;
  SAYA_TRY(PacketSocket ear, PacketSocket::open(network.cable.far, ipv6 ? ETH_P_IPV6 : ETH_P_IP));
  SAYA_CHECK(send_large(network.cable.near, row, gso_frame(row)));
  SAYA_CHECK(wait_for_quiet(network.fence));
  Frames frames;
  for (size_t i = 0; i < count; ++i)
    if (const auto frame = ear.receive(kPatience)) frames.push_back(to_hex(*frame));
  while (const auto frame = ear.receive(0)) frames.push_back(to_hex(*frame));
  return frames;
}

class Segments : public testing::TestWithParam<GsoCase> {};

TEST_P(Segments, AreThoseOfTheKernel) {
  const GsoCase& row = GetParam();
  const Frames ours = by_saya(row, row.network > kEthernetHeader);
  EXPECT_EQ(ours.size(), row.size ? (row.payload + row.size - 1) / row.size : 1);
  SAYA_NEEDS_BPF();
  const auto entered = in_new_namespace([&] {
    const auto theirs = by_the_kernel(row, ours.size());
    ASSERT_TRUE(theirs) << theirs.error().message;
    EXPECT_EQ(ours, *theirs);
  });
  SAYA_NEEDS_NAMESPACE(entered);
}

INSTANTIATE_TEST_SUITE_P(Rows, Segments, testing::ValuesIn(gso_cases()), case_name);

/// The same frames without a segment size: only the checksum is open.
std::vector<GsoCase> whole_frames() {
  std::vector<GsoCase> rows = gso_cases();
  std::erase_if(rows, [](const GsoCase& row) { return row.payload > 2500; });
  for (GsoCase& row : rows) row.size = 0, row.payload /= 2;
  return rows;
}

class OpenChecksums : public testing::TestWithParam<GsoCase> {};

TEST_P(OpenChecksums, AreFinishedAsByTheKernel) {
  const GsoCase& row = GetParam();
  const Frames ours = by_saya(row, row.network > kEthernetHeader);
  SAYA_NEEDS_BPF();
  const auto entered = in_new_namespace([&] {
    const auto theirs = by_the_kernel(row, 1);
    ASSERT_TRUE(theirs) << theirs.error().message;
    EXPECT_EQ(ours, *theirs);
  });
  SAYA_NEEDS_NAMESPACE(entered);
}

INSTANTIATE_TEST_SUITE_P(Rows, OpenChecksums, testing::ValuesIn(whole_frames()), case_name);

}  // namespace

void PrintTo(const GsoCase& row, std::ostream* out) { *out << row.name; }

}  // namespace saya::tests
