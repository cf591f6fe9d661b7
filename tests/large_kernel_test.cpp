// Packets larger than the MTU, as tc programs see them: what the stack of the running kernel sends over its loopback
// device, and the same bytes as a frame of a capture on saya's port.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <ostream>

#include "helper/table.h"
#include "interp/interp.h"
#include "isa/insn.h"
#include "kernel/attach.h"
#include "kernel/bpf.h"
#include "kernel/load.h"
#include "map/host.h"
#include "nic/datapath.h"
#include "packet/pool.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"
#include "support/one_frame.h"
#include "support/snippet.h"
#include "support/veth.h"

namespace saya::tests {
namespace {

using Bytes = std::vector<std::byte>;

constexpr uint32_t kLoopback = 1, kMtu = 1500, kHeaders = 96;

/// What the program keeps of the first packet that has a segment size.
struct Seen {
  uint32_t len, wire_len, segments, size, protocol, unused;
  std::array<std::byte, kHeaders> headers;
  bool operator==(const Seen&) const = default;
};
constexpr std::string_view kKeep = R"(
r6 = r1
r7 = *(u32 *)(r6 +176)
if r7 == 0 goto end
*(u64 *)(r10 -104) = 0
r1 = *(u32 *)(r6 +0)
*(u32 *)(r10 -120) = r1
r1 = *(u32 *)(r6 +160)
*(u32 *)(r10 -116) = r1
r1 = *(u32 *)(r6 +164)
*(u32 *)(r10 -112) = r1
*(u32 *)(r10 -108) = r7
r1 = *(u32 *)(r6 +16)
*(u32 *)(r10 -104) = r1
*(u32 *)(r10 -100) = 0
*(u64 *)(r10 -96) = 0
*(u64 *)(r10 -88) = 0
*(u64 *)(r10 -80) = 0
*(u64 *)(r10 -72) = 0
*(u64 *)(r10 -64) = 0
*(u64 *)(r10 -56) = 0
*(u64 *)(r10 -48) = 0
*(u64 *)(r10 -40) = 0
*(u64 *)(r10 -32) = 0
*(u64 *)(r10 -24) = 0
*(u64 *)(r10 -16) = 0
*(u64 *)(r10 -8) = 0
*(u32 *)(r10 -128) = 0
r1 = r6
r2 = 0
r3 = r10
r3 += -96
r4 = 96
call bpf_skb_load_bytes
r1 = map[idx:0]
r2 = r10
r2 += -128
r3 = r10
r3 += -120
r4 = 1
call bpf_map_update_elem
end: r0 = -1
exit
)";
const MapSpec kSeen[] = {
    {.name = "seen", .type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = sizeof(Seen), .max_entries = 1}
};

struct LargeCase {
  const char* name;
  int type;  ///< Of the socket.
  int family;
  bool egress;
  friend void PrintTo(const LargeCase& row, std::ostream* out) { *out << row.name; }
};

constexpr LargeCase kCases[] = {
    {"TCP over IPv4 at egress",  SOCK_STREAM, AF_INET,  true },
    {"TCP over IPv4 at ingress", SOCK_STREAM, AF_INET,  false},
    {"TCP over IPv6 at egress",  SOCK_STREAM, AF_INET6, true },
    {"TCP over IPv6 at ingress", SOCK_STREAM, AF_INET6, false},
    {"UDP over IPv4 at egress",  SOCK_DGRAM,  AF_INET,  true },
    {"UDP over IPv4 at ingress", SOCK_DGRAM,  AF_INET,  false},
    {"UDP over IPv6 at egress",  SOCK_DGRAM,  AF_INET6, true },
};

program::ProgramPtr keeper() {
  const auto code = isa::assemble(kKeep, {helper::name_of});
  EXPECT_TRUE(code) << code.error().message;
  return program_of({.type = program::Type::sched_cls, .code = *code, .maps = kSeen}).value();
}

Result<> bring_up_loopback() {
  std::ofstream("/proc/sys/net/ipv6/conf/lo/disable_ipv6") << 0;
  const Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::string_view("lo").copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_mtu = kMtu;
  if (::ioctl(socket.get(), SIOCSIFMTU, &request) != 0) return fail_errno("MTU", errno);
  request.ifr_flags = IFF_UP;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return fail_errno("up", errno);
  return {};
}

/// An address of the loopback device; the port is the kernel's choice.
sockaddr_in6 loopback(int family) {
  sockaddr_in6 address{};
  if (family == AF_INET6) {
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    return address;
  }
  sockaddr_in ip4{};
  ip4.sin_family = AF_INET;
  ip4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::memcpy(&address, &ip4, sizeof ip4);
  return address;
}

/// Sends several segments in one packet.
Result<> send_large(const LargeCase& row) {
  const Fd ear(::socket(row.family, row.type | SOCK_CLOEXEC, 0)),
      mouth(::socket(row.family, row.type | SOCK_CLOEXEC, 0));
  sockaddr_in6 address = loopback(row.family);
  auto* const where = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = row.family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  if (::bind(ear.get(), where, size) != 0 || ::getsockname(ear.get(), where, &size) != 0)
    return fail_errno("bind", errno);
  if (row.type == SOCK_STREAM && ::listen(ear.get(), 1) != 0) return fail_errno("listen", errno);
  if (::connect(mouth.get(), where, size) != 0) return fail_errno("connect", errno);
  const int segment = static_cast<int>(kMtu) - (row.family == AF_INET ? 28 : 48);
  if (row.type == SOCK_DGRAM && ::setsockopt(mouth.get(), SOL_UDP, UDP_SEGMENT, &segment, sizeof segment) != 0)
    return fail_errno("UDP_SEGMENT", errno);
  const Bytes data(6000, std::byte{'x'});
  if (::send(mouth.get(), data.data(), data.size(), 0) != static_cast<ssize_t>(data.size()))
    return fail_errno("send", errno);
  return {};
}

Result<Seen> by_the_kernel(const LargeCase& row) {
  SAYA_CHECK(bring_up_loopback());
  SAYA_CHECK(kernel::add_clsact(kLoopback));
  kernel::Session session;
  const program::ProgramPtr program = keeper();
  SAYA_TRY(const Fd fd, session.load(*program));
  const auto direction = row.egress ? kernel::TcDirection::egress : kernel::TcDirection::ingress;
  SAYA_CHECK(kernel::add_filter(kLoopback, {.direction = direction, .name = "keep"}, fd.get()));
  SAYA_CHECK(send_large(row));
  SAYA_TRY(const int map, session.map_fd(*program->maps[0]));
  const uint32_t key = 0;
  SAYA_TRY(const Bytes value, kernel::lookup(map, std::as_bytes(std::span(&key, 1)), sizeof(Seen)));
  return load<Seen>(value.data());
}

/// The frame that the kernel's program has seen, whose checksum somebody has finished since.
Bytes capture_of(const Seen& seen, const LargeCase& row) {
  Bytes frame(seen.len, std::byte{'x'});
  std::copy_n(seen.headers.begin(), kHeaders, frame.begin());
  const size_t transport = 14 + (row.family == AF_INET ? 20 : 40);
  store(frame.data() + transport + (row.type == SOCK_STREAM ? 16 : 6), uint16_t{0x1234});
  return frame;
}

Seen by_saya(const LargeCase& row, const Bytes& frame) {
  const auto pool = Pool::create(64).value();
  const program::ProgramPtr program = keeper();
  nic::Nic nic;
  nic::Port& port = nic.add_port("lo", {.ifindex = kLoopback});
  port.mtu = kMtu;
  (row.egress ? port.host : port.wire) = std::make_unique<OneFrame>(pool->allocate(frame));
  auto hooks = std::make_unique<nic::Hooks>();
  EXPECT_TRUE((row.egress ? hooks->egress : hooks->ingress)
                  .add({.direct_action = true, .program = interp::run_checked(program, helper::table()).value()}));
  port.hooks.publish(std::move(hooks));
  const VirtualClock clock;
  abi::Random random(1);
  nic::Datapath datapath(nic, {.clock = &clock, .random = &random});
  datapath.poll(port);
  EXPECT_TRUE(port.counters.conserved());
  const uint32_t key = 0;
  const auto value = host_lookup(*program->maps[0], std::as_bytes(std::span(&key, 1)));
  EXPECT_TRUE(value) << "the packet had no segment size";
  return value ? load<Seen>(value->data()) : Seen{};
}

class LargePackets : public testing::TestWithParam<LargeCase> {};

TEST_P(LargePackets, AreWhatTheKernelsAreAtTc) {
  SAYA_NEEDS_BPF();
  const LargeCase& row = GetParam();
  const auto entered = in_new_namespace([&] {
    const auto theirs = by_the_kernel(row);
    ASSERT_TRUE(theirs) << theirs.error().message;
    const Seen ours = by_saya(row, capture_of(*theirs, row));
    EXPECT_EQ(ours.len, theirs->len);
    EXPECT_EQ(ours.wire_len, theirs->wire_len);
    EXPECT_EQ(ours.segments, theirs->segments);
    EXPECT_EQ(ours.size, theirs->size);
    EXPECT_EQ(ours.protocol, theirs->protocol);
    EXPECT_EQ(to_hex(ours.headers), to_hex(theirs->headers));
  });
  SAYA_NEEDS_NAMESPACE(entered);
}

INSTANTIATE_TEST_SUITE_P(Rows, LargePackets, testing::ValuesIn(kCases), case_name);

}  // namespace
}  // namespace saya::tests
