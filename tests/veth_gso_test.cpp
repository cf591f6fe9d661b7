// Segmentation and checksums: large packets leave a veth that can do neither, and saya's packet/gso.h cuts the same
// ones.
#include "packet/gso.h"

#include <fmt/format.h>
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
#include "helper/table.h"
#include "interp/interp.h"
#include "isa/insn.h"
#include "kernel/attach.h"
#include "kernel/load.h"
#include "nic/datapath.h"
#include "packet/pool.h"
#include "support/case_name.h"
#include "support/ear.h"
#include "support/gso_cases.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"
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

/// A tunnel that a program at tc egress puts around the packet.
struct TunnelCase {
  const char* name;
  size_t row;            ///< Of gso_cases().
  uint64_t flags;        ///< BPF_F_ADJ_ROOM_*.
  std::string_view hex;  ///< Of the headers behind the outer MAC header.
  uint16_t type = ETH_P_IP;
  friend void PrintTo(const TunnelCase& row, std::ostream* out) { *out << row.name; }
};

constexpr size_t kTcp4 = 0, kTcp6 = 8;
constexpr uint64_t kFixed = 1, kIp4 = 2, kIp6 = 4, kGre = 8, kUdp = 16, kEthernet = 64 | uint64_t{14} << 56;
// Identification 0xfffe, lengths and the checksum are left to whoever cuts.
#define SAYA_OUTER4(protocol) "45000000fffe000040" protocol "0000c0000201c0000202"
#define SAYA_OUTER6(next) "600000000000" next "40fc000000000000000000000000000001fc000000000000000000000000000002"
constexpr TunnelCase kTunnels[] = {
    {"IPv4 in IPv4", kTcp4, kIp4, SAYA_OUTER4("04")},
    {"IPv6 in IPv4", kTcp6, kIp4, SAYA_OUTER4("29")},
    {"IPv4 in IPv6", kTcp4, kIp6, SAYA_OUTER6("04"), ETH_P_IPV6},
    {"segments that stay as long", kTcp4, kIp4 | kFixed, SAYA_OUTER4("04")},
    {"GRE over IPv4", kTcp4, kIp4 | kGre, SAYA_OUTER4("2f") "00000800"},
    {"GRE over IPv6", kTcp6, kIp6 | kGre, SAYA_OUTER6("2f") "000086dd", ETH_P_IPV6},
    {"UDP over IPv4", kTcp4, kIp4 | kUdp, SAYA_OUTER4("11") "15b315b300000000"},
    {"VXLAN", kTcp4, kIp4 | kUdp | kEthernet,
     SAYA_OUTER4("11") "c00012b5000000000800000000002a00"
                       "0200000000aa0200000000bb0800"},
};

/// Grows the packet and writes the headers.
program::ProgramPtr tunnel_program(const TunnelCase& row) {
  const std::vector<std::byte> headers = from_hex(std::string(row.hex)).value();
  std::string text = "r6 = r1\n";
  const auto room = static_cast<int>((headers.size() + 7) & ~size_t{7});
  for (size_t i = 0; i < headers.size(); ++i)
    text += fmt::format("*(u8 *)(r10 {}) = {}\n", static_cast<int>(i) - room, static_cast<int>(headers[i]));
  text += fmt::format(
      "r2 = {0}\nr3 = 1\nr4 = {1} ll\ncall bpf_skb_adjust_room\nif r0 != 0 goto out\n"
      "r1 = r6\nr2 = 14\nr3 = r10\nr3 += -{2}\nr4 = {0}\nr5 = 0\ncall bpf_skb_store_bytes\n",
      headers.size(), row.flags, room);
  if (row.type == ETH_P_IPV6 || row.row == kTcp6)  // The EtherType is the outer packet's.
    text += fmt::format(
        "*(u16 *)(r10 -8) = {}\nr1 = r6\nr2 = 12\nr3 = r10\nr3 += -8\nr4 = 2\nr5 = 0\ncall bpf_skb_store_bytes\n",
        be16(row.type).raw());
  text += "r0 = -1\nexit\nout: r0 = 2\nexit\n";
  const auto code = isa::assemble(text, {helper::name_of});
  EXPECT_TRUE(code) << code.error().message << "\n" << text;
  return program_of({.type = program::Type::sched_cls, .code = *code}).value();
}

/// A side of a port that gives one packet and keeps what it gets.
class Side final : public port::Queue {
 public:
  size_t receive(std::span<PacketPtr> slots) noexcept override {
    if (!waiting) return 0;
    slots[0] = std::move(waiting);
    return 1;
  }
  size_t transmit(std::span<PacketPtr> frames) noexcept override {
    for (const PacketPtr& frame : frames) {
      std::vector<std::byte> bytes(frame->len);
      copy_out(*frame, 0, bytes.data(), frame->len);
      sent.push_back(to_hex(bytes));
    }
    return frames.size();
  }
  PacketPtr waiting;
  Frames sent;
};

Frames tunnelled_by_saya(const TunnelCase& tunnel) {
  const GsoCase row = gso_cases()[tunnel.row];
  const auto pool = Pool::create(256).value();
  nic::Nic nic;
  nic::Port& port = nic.add_port("etha", {.ifindex = 1});
  auto host = std::make_unique<Side>(), wire = std::make_unique<Side>();
  host->waiting = pool->allocate(gso_frame(row));
  host->waiting->checksum = Checksum::partial;
  host->waiting->checksum_start = static_cast<uint16_t>(row.transport);
  host->waiting->checksum_offset = gso_checksum_offset(row);
  host->waiting->gso_type = row.type;
  host->waiting->gso_size = row.size;
  const Side& out = *wire;
  port.host = std::move(host);
  port.wire = std::move(wire);
  auto hooks = std::make_unique<nic::Hooks>();
  const auto program = interp::run_checked(tunnel_program(tunnel), helper::table()).value();
  EXPECT_TRUE(hooks->egress.add({.direct_action = true, .program = program}));
  port.hooks.publish(std::move(hooks));
  const VirtualClock clock;
  abi::Random random(1);
  Ear ear;
  nic::Datapath datapath(nic, {.clock = &clock, .random = &random, .listener = &ear});
  datapath.poll(port);
  EXPECT_TRUE(port.counters.conserved());
  for (const abi::Fault& fault : ear.faults) ADD_FAILURE() << fault.message;
  return out.sent;
}

Result<Frames> tunnelled_by_the_kernel(const TunnelCase& tunnel, size_t count) {
  SAYA_TRY(const Network network, make_network());
  SAYA_CHECK(offload_nothing("etha"));
  SAYA_CHECK(kernel::add_clsact(network.cable.near));
  kernel::Session session;
  SAYA_TRY(const Fd program, session.load(*tunnel_program(tunnel)));
  SAYA_CHECK(kernel::add_filter(network.cable.near, {.direction = kernel::TcDirection::egress, .name = "tunnel"},
                                program.get()));
  SAYA_TRY(PacketSocket ear, PacketSocket::open(network.cable.far, tunnel.type));
  const GsoCase row = gso_cases()[tunnel.row];
  SAYA_CHECK(send_large(network.cable.near, row, gso_frame(row)));
  SAYA_CHECK(wait_for_quiet(network.fence));
  Frames frames;
  for (size_t i = 0; i < count; ++i)
    if (const auto frame = ear.receive(kPatience)) frames.push_back(to_hex(*frame));
  while (const auto frame = ear.receive(0)) frames.push_back(to_hex(*frame));
  return frames;
}

class Tunnels : public testing::TestWithParam<TunnelCase> {};

TEST_P(Tunnels, AreAroundEachSegment) {
  const TunnelCase& row = GetParam();
  const Frames ours = tunnelled_by_saya(row);
  EXPECT_GE(ours.size(), 3u);
  SAYA_NEEDS_BPF();
  const auto entered = in_new_namespace([&] {
    const auto theirs = tunnelled_by_the_kernel(row, ours.size());
    ASSERT_TRUE(theirs) << theirs.error().message;
    EXPECT_EQ(ours, *theirs);
  });
  SAYA_NEEDS_NAMESPACE(entered);
}

INSTANTIATE_TEST_SUITE_P(Rows, Tunnels, testing::ValuesIn(kTunnels), case_name);

}  // namespace

void PrintTo(const GsoCase& row, std::ostream* out) { *out << row.name; }

}  // namespace saya::tests
