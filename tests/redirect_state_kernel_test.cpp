// What a packet brings along when tc redirects it: a program where it arrives sees the same fields in the kernel and in
// saya. bpf_redirect_peer() leads into another network namespace there.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>

#include <cerrno>
#include <fstream>
#include <ostream>
#include <regex>

#include "helper/table.h"
#include "interp/interp.h"
#include "isa/insn.h"
#include "kernel/attach.h"
#include "kernel/bpf.h"
#include "kernel/load.h"
#include "kernel/netlink.h"
#include "map/host.h"
#include "nic/datapath.h"
#include "packet/pool.h"
#include "support/case_name.h"
#include "support/clsact_cases.h"
#include "support/ear.h"
#include "support/frames.h"
#include "support/needs_kernel.h"
#include "support/one_frame.h"
#include "support/snippet.h"
#include "support/veth.h"

namespace saya::tests {
namespace {

/// How the packet leaves port b, and where it is looked at: port c, or d, the other end of c's cable.
struct Way {
  const char* name;
  const char* leave;  ///< {c} is c's ifindex.
  bool at_peer;
  bool at_egress;
  bool is_clone = false;
};
constexpr Way kWays[] = {
    {"out of a port", "r1 = {c}; r2 = 0; call bpf_redirect; exit", false, true},
    {"into a port", "r1 = {c}; r2 = 1; call bpf_redirect; exit", false, false},
    {"to the other end", "r1 = {c}; r2 = 0; call bpf_redirect_peer; exit", true, false},
    {"as a clone, out", "r1 = r6; r2 = {c}; r3 = 0; call bpf_clone_redirect; r0 = 2; exit", false, true, true},
    {"as a clone, in", "r1 = r6; r2 = {c}; r3 = 1; call bpf_clone_redirect; r0 = 2; exit", false, false, true},
};

/// What a program at b does to it before.
struct Change {
  const char* name;
  const char* text;
  const char* frame = "udp4";
  bool of_clones = false;  ///< Looked at in clones, too.
};
constexpr Change kChanges[] = {
    {"nothing", ""},
    {"fields",
     "r2 = 5; *(u32 *)(r6 +8) = r2; *(u32 *)(r6 +12) = r2; *(u32 *)(r6 +32) = r2; "
     "*(u32 *)(r6 +44) = r2; *(u32 *)(r6 +48) = r2; *(u32 *)(r6 +72) = r2; ", "udp4", true},
    {"another type", "r1 = r6; r2 = 1; call bpf_skb_change_type; "},
    {"another EtherType",
     "*(u16 *)(r10 -8) = 0xdd86; r1 = r6; r2 = 12; r3 = r10; r3 += -8; r4 = 2; r5 = 0; "
     "call bpf_skb_store_bytes; "},
    {"another destination",
     "*(u16 *)(r10 -8) = 0xffff; r1 = r6; r2 = 4; r3 = r10; r3 += -8; r4 = 2; r5 = 0; "
     "call bpf_skb_store_bytes; "},
    {"a tag", "r1 = r6; r2 = 0x81; r3 = 7; call bpf_skb_vlan_push; ", "udp4", true},
    {"a tag that it had", "", "vlan"},
    {"a tag less", "r1 = r6; call bpf_skb_vlan_pop; ", "vlan"},
    {"a longer frame", "r1 = r6; r2 = 100; r3 = 0; call bpf_skb_change_tail; "},
};

struct StateCase {
  std::string name;
  Way way;
  Change change;
  friend void PrintTo(const StateCase& row, std::ostream* out) { *out << row.name; }
};

std::vector<StateCase> all_cases() {
  std::vector<StateCase> rows;
  for (const Way& way : kWays)
    for (const Change& change : kChanges)
      if (!way.is_clone || change.of_clones)
        rows.push_back({fmt::format("{} changes, {}", change.name, way.name), way, change});
  return rows;
}

program::ProgramPtr leaving(const StateCase& row, uint32_t port) {
  std::string text = fmt::format("r6 = r1; {}{}", row.change.text, row.way.leave);
  text = std::regex_replace(text, std::regex("\\{c\\}"), std::to_string(port));
  text = std::regex_replace(text, std::regex("; "), "\n");
  const auto code = isa::assemble(text, {helper::name_of});
  EXPECT_TRUE(code) << code.error().message << "\n" << text;
  return program_of({.type = program::Type::sched_cls, .code = *code}).value();
}

MapPtr fresh_trace() { return create_map(trace_map_spec(), {.nr_cpus = 1, .hash_key = 1}).value(); }

/// Interfaces have other numbers here and there.
std::vector<std::string> without_numbers(std::vector<std::string> trace) {
  for (std::string& row : trace) row = std::regex_replace(row, std::regex(" ifindex=0x[0-9a-f]+"), "");
  return trace;
}

// ---- In the kernel

Result<Fd> this_namespace() {
  Fd fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("network namespace", errno);
  return fd;
}

Result<> enter(const Fd& space) {
  if (::setns(space.get(), CLONE_NEWNET) != 0) return fail_errno("enter a network namespace", errno);
  return {};
}

/// Changes a link: brings it up, or moves it to another namespace.
Result<> set_link(uint32_t ifindex, const Fd* space) {
  SAYA_TRY(kernel::RouteSocket socket, kernel::RouteSocket::open());
  ifinfomsg message{};
  message.ifi_index = static_cast<int>(ifindex);
  if (!space) message.ifi_flags = message.ifi_change = IFF_UP;
  kernel::NetlinkRequest request(RTM_NEWLINK, 0, message);
  if (space) request.add(IFLA_NET_NS_FD, static_cast<uint32_t>(space->get()));
  return socket.ask(std::move(request), "change a link");
}

/// A new namespace with `ifindex` in it; the thread stays where it is.
Result<Fd> move_away(uint32_t ifindex, const Fd& home) {
  if (::unshare(CLONE_NEWNET) != 0) return fail_errno("new network namespace", errno);
  std::ofstream("/proc/sys/net/ipv6/conf/default/disable_ipv6") << 1;  // It would send packets of its own.
  SAYA_TRY(Fd away, this_namespace());
  SAYA_CHECK(enter(home));
  SAYA_CHECK(set_link(ifindex, &away));
  return away;
}

Result<> attach(uint32_t ifindex, bool egress, int program) {
  SAYA_CHECK(kernel::add_clsact(ifindex));
  const auto direction = egress ? kernel::TcDirection::egress : kernel::TcDirection::ingress;
  return kernel::add_filter(ifindex, {.direction = direction, .name = "case"}, program);
}

Result<std::vector<std::string>> by_the_kernel(const StateCase& row) {
  SAYA_TRY(const Network network, make_network());
  SAYA_TRY(const Cable other, make_cable("ethc", "ethd"));
  SAYA_TRY(const Fd home, this_namespace());
  SAYA_TRY(const Fd away, move_away(other.far, home));
  kernel::Session session;
  const MapPtr trace = fresh_trace();
  SAYA_TRY(const Fd looks, session.load(*filter_program({.id = 1}, trace)));
  SAYA_TRY(const Fd leaves, session.load(*leaving(row, other.near)));
  SAYA_CHECK(enter(away));
  const uint32_t far = ::if_nametoindex("ethd");
  SAYA_CHECK(set_link(far, nullptr));
  if (row.way.at_peer) SAYA_CHECK(attach(far, false, looks.get()));
  SAYA_CHECK(enter(home));
  if (!row.way.at_peer) SAYA_CHECK(attach(other.near, row.way.at_egress, looks.get()));
  SAYA_CHECK(attach(network.cable.far, false, leaves.get()));
  SAYA_TRY(PacketSocket mouth, PacketSocket::open(network.cable.near, 0));
  SAYA_TRY(const std::vector<std::byte> frame, frame_of(row.change.frame));
  if (const int error = mouth.send(frame); error != 0) return fail_errno("send", error);
  SAYA_CHECK(wait_for_quiet(network.fence));
  const uint32_t key = 0;
  SAYA_TRY(const int map, session.map_fd(*trace));
  SAYA_TRY(const auto value, kernel::lookup(map, std::as_bytes(std::span(&key, 1)), trace->spec().value_size));
  return without_numbers(read_trace(value));
}

// ---- In saya

nic::Port& add_port(nic::Nic& nic, const char* name, uint32_t ifindex, uint8_t last) {
  return nic.add_port(
      name, {
                .ifindex = ifindex,
                .mac = {std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{last}},
                .promiscuous = false
  });
}

void attach(nic::Port& port, bool egress, const program::ProgramPtr& program) {
  auto hooks = std::make_unique<nic::Hooks>(port.hooks.read());
  EXPECT_TRUE((egress ? hooks->egress : hooks->ingress)
                  .add({.direct_action = true, .program = interp::run_checked(program, helper::table()).value()}));
  port.hooks.publish(std::move(hooks));
}

std::vector<std::string> by_saya(const StateCase& row) {
  const auto pool = Pool::create(16).value();
  nic::Nic nic;
  nic::Port& b = add_port(nic, "b", 12, 2);
  nic::Port& c = add_port(nic, "c", 13, 1);
  nic::Port& d = add_port(nic, "d", 14, 2);
  c.peer = d.device.ifindex;
  b.wire = std::make_unique<OneFrame>(pool->allocate(frame_of(row.change.frame).value()));
  const MapPtr trace = fresh_trace();
  attach(row.way.at_peer ? d : c, row.way.at_egress, filter_program({.id = 1}, trace));
  attach(b, false, leaving(row, c.device.ifindex));
  const VirtualClock clock;
  abi::Random random(1);
  Ear ear;
  nic::Datapath datapath(nic, {.clock = &clock, .random = &random, .listener = &ear});
  datapath.poll(b);
  for (const nic::Port& port : nic.ports()) EXPECT_TRUE(port.counters.conserved()) << port.name;
  for (const abi::Fault& fault : ear.faults) ADD_FAILURE() << fault.message;
  const uint32_t key = 0;
  return without_numbers(read_trace(host_lookup(*trace, std::as_bytes(std::span(&key, 1))).value()));
}

class RedirectState : public testing::TestWithParam<StateCase> {};

TEST_P(RedirectState, IsWhatTheKernelLeavesOfIt) {
  SAYA_NEEDS_BPF();
  const auto entered = in_new_namespace([&] {
    const auto theirs = by_the_kernel(GetParam());
    ASSERT_TRUE(theirs) << theirs.error().message;
    EXPECT_EQ(theirs->size(), 1u);
    EXPECT_EQ(by_saya(GetParam()), *theirs);
  });
  SAYA_NEEDS_NAMESPACE(entered);
}

INSTANTIATE_TEST_SUITE_P(Rows, RedirectState, testing::ValuesIn(all_cases()), case_name);

}  // namespace
}  // namespace saya::tests
