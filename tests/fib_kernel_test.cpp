// bpf_fib_lookup() and bpf_check_mtu() in a network namespace of the test's own, and in saya with a state file that
// says the same: one row a question, the answer and every byte that the helper wrote compared.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "helper/table.h"
#include "isa/insn.h"
#include "support/needs_kernel.h"
#include "support/network_config.h"
#include "support/snippet.h"
#include "support/veth.h"

namespace saya::tests {
namespace {

using program::Type;

constexpr std::string_view kSetUp = R"(link set lo up
link add lan0 index 10 address 02:00:00:00:00:0a type veth peer name lan1 index 11 address 02:00:00:00:00:0b
link add wan0 index 20 address 02:00:00:00:00:14 mtu 1400 type veth peer name wan1 index 21 address 02:00:00:00:00:15
link add off0 index 30 address 02:00:00:00:00:1e type veth peer name off1 index 31 address 02:00:00:00:00:1f
link add thin0 index 40 address 02:00:00:00:00:28 mtu 1000 type veth peer name thin1 index 41
ipv4/ip_forward = 1
ipv6/conf/all/forwarding = 1
ipv6/conf/all/disable_ipv6 = 0
ipv4/conf/off0/forwarding = 0
ipv6/conf/off0/forwarding = 0
link set lan0 up
link set lan1 up
link set wan0 up
link set wan1 up
link set off0 up
link set off1 up
link set thin0 up
link set thin1 up
addr add 10.0.0.1/24 dev lan0
addr add 10.0.0.2/24 dev lan0
addr add 10.8.0.1/16 dev lan0
addr add 192.0.2.2/30 dev wan0
addr add 172.16.0.1/32 dev thin0
addr add fd00::1/64 dev lan0 nodad
addr add fd00:0:0:1::1/64 dev lan0 nodad
addr add fd01::2/64 dev wan0 nodad
route add default via 192.0.2.1 dev wan0 metric 100
route add 198.51.100.0/24 via 192.0.2.1 dev wan0 mtu lock 1300
route add 198.51.101.0/24 via 192.0.2.1 dev wan0 mtu 1300
route add 203.0.113.0/24 via inet6 fd01::9 dev wan0
route add 10.1.0.0/16 via 10.0.0.9 dev lan0
route add 10.2.0.0/16 via 10.0.0.8 dev lan0
route add 10.3.0.0/16 via 10.0.0.7 dev lan0
route add 10.4.0.0/16 dev lan0 src 10.0.0.2
route add 10.5.0.0/16 dev lan0 metric 10
route add 10.5.0.0/16 dev wan0 metric 20
route add 10.5.1.0/24 via 10.0.0.9 dev lan0
route add blackhole 10.66.0.0/16
route add unreachable 10.67.0.0/16
route add prohibit 10.68.0.0/16
route add throw 10.69.0.0/16
route add local 10.77.0.0/16 dev lo
route add 10.77.7.0/24 via 10.0.0.9 dev lan0
route add 10.1.0.0/16 via 192.0.2.1 dev wan0 table 100
route add 10.9.0.0/16 via 10.0.0.9 dev lan0 table 101
route add default via fd01::9 dev wan0 metric 1024
route add fd02::/64 via fd00::9 dev lan0 mtu lock 1290
route add fd07::/64 via fd00::9 dev lan0 mtu 1290
route add fd03::/64 via fd00::8 dev lan0
route add fd04::/64 dev lan0 src fd00:0:0:1::1
route add fd05::/64 dev lan0 metric 10
route add fd05::/64 dev wan0 metric 20
route add fd06::/64 dev lan0 metric 10
route append fd06::/64 dev wan0 metric 10
route add blackhole fd66::/64
route add unreachable fd67::/64
route add prohibit fd68::/64
route add throw fd69::/64
route add fd02::/64 via fd01::9 dev wan0 table 100
neigh add 192.0.2.1 lladdr 02:00:00:00:00:fe dev wan0 nud permanent
neigh add 10.0.0.9 lladdr 02:00:00:00:00:f9 dev lan0 nud stale
neigh add 10.0.0.8 lladdr 02:00:00:00:00:f8 dev lan0 nud failed
neigh add 10.4.0.4 lladdr 02:00:00:00:00:f4 dev lan0 nud reachable
neigh add 10.5.0.5 lladdr 02:00:00:00:00:f5 dev lan0 nud noarp
neigh add fd01::9 lladdr 02:00:00:00:00:fd dev wan0 nud permanent
neigh add fd00::9 lladdr 02:00:00:00:00:f6 dev lan0 nud permanent
neigh add fd05::5 lladdr 02:00:00:00:00:f7 dev lan0 nud permanent
)";

constexpr std::string_view kState = R"({
  "interfaces": [
    {"name": "lo", "ifindex": 1, "mtu": 65536, "mac": "00:00:00:00:00:00", "addresses": ["127.0.0.1/8", "::1/128"]},
    {"name": "lan0", "ifindex": 10, "mac": "02:00:00:00:00:0a",
     "addresses": ["10.0.0.1/24", "10.0.0.2/24", "10.8.0.1/16", "fd00::1/64", "fd00:0:0:1::1/64"]},
    {"name": "lan1", "ifindex": 11, "mac": "02:00:00:00:00:0b"},
    {"name": "wan0", "ifindex": 20, "mac": "02:00:00:00:00:14", "mtu": 1400,
     "addresses": ["192.0.2.2/30", "fd01::2/64"]},
    {"name": "off0", "ifindex": 30, "mac": "02:00:00:00:00:1e", "forwarding": false},
    {"name": "thin0", "ifindex": 40, "mac": "02:00:00:00:00:28", "mtu": 1000, "addresses": ["172.16.0.1/32"]}
  ],
  "routes": [
    {"destination": "0.0.0.0/0", "via": "192.0.2.1", "dev": "wan0", "metric": 100},
    {"destination": "198.51.100.0/24", "via": "192.0.2.1", "dev": "wan0", "mtu": 1300, "mtu_locked": true},
    {"destination": "198.51.101.0/24", "via": "192.0.2.1", "dev": "wan0", "mtu": 1300},
    {"destination": "203.0.113.0/24", "via": "fd01::9", "dev": "wan0"},
    {"destination": "10.1.0.0/16", "via": "10.0.0.9", "dev": "lan0"},
    {"destination": "10.2.0.0/16", "via": "10.0.0.8", "dev": "lan0"},
    {"destination": "10.3.0.0/16", "via": "10.0.0.7", "dev": "lan0"},
    {"destination": "10.4.0.0/16", "dev": "lan0", "source": "10.0.0.2"},
    {"destination": "10.5.0.0/16", "dev": "lan0", "metric": 10},
    {"destination": "10.5.0.0/16", "dev": "wan0", "metric": 20},
    {"destination": "10.5.1.0/24", "via": "10.0.0.9", "dev": "lan0"},
    {"destination": "10.66.0.0/16", "type": "blackhole"},
    {"destination": "10.67.0.0/16", "type": "unreachable"},
    {"destination": "10.68.0.0/16", "type": "prohibit"},
    {"destination": "10.69.0.0/16", "type": "throw"},
    {"destination": "10.77.0.0/16", "type": "local", "dev": "lo"},
    {"destination": "10.77.7.0/24", "via": "10.0.0.9", "dev": "lan0"},
    {"destination": "10.1.0.0/16", "via": "192.0.2.1", "dev": "wan0", "table": 100},
    {"destination": "10.9.0.0/16", "via": "10.0.0.9", "dev": "lan0", "table": 101},
    {"destination": "::/0", "via": "fd01::9", "dev": "wan0"},
    {"destination": "fd02::/64", "via": "fd00::9", "dev": "lan0", "mtu": 1290, "mtu_locked": true},
    {"destination": "fd07::/64", "via": "fd00::9", "dev": "lan0", "mtu": 1290},
    {"destination": "fd03::/64", "via": "fd00::8", "dev": "lan0"},
    {"destination": "fd04::/64", "dev": "lan0", "source": "fd00:0:0:1::1"},
    {"destination": "fd05::/64", "dev": "lan0", "metric": 10},
    {"destination": "fd05::/64", "dev": "wan0", "metric": 20},
    {"destination": "fd06::/64", "dev": "lan0", "metric": 10},
    {"destination": "fd06::/64", "dev": "wan0", "metric": 10},
    {"destination": "fd66::/64", "type": "blackhole"},
    {"destination": "fd67::/64", "type": "unreachable"},
    {"destination": "fd68::/64", "type": "prohibit"},
    {"destination": "fd69::/64", "type": "throw"},
    {"destination": "fd02::/64", "via": "fd01::9", "dev": "wan0", "table": 100}
  ],
  "neighbours": [
    {"address": "192.0.2.1", "mac": "02:00:00:00:00:fe", "dev": "wan0", "state": "permanent"},
    {"address": "10.0.0.9", "mac": "02:00:00:00:00:f9", "dev": "lan0", "state": "stale"},
    {"address": "10.0.0.8", "mac": "02:00:00:00:00:f8", "dev": "lan0", "state": "failed"},
    {"address": "10.4.0.4", "mac": "02:00:00:00:00:f4", "dev": "lan0"},
    {"address": "10.5.0.5", "mac": "02:00:00:00:00:f5", "dev": "lan0", "state": "noarp"},
    {"address": "fd01::9", "mac": "02:00:00:00:00:fd", "dev": "wan0", "state": "permanent"},
    {"address": "fd00::9", "mac": "02:00:00:00:00:f6", "dev": "lan0", "state": "permanent"},
    {"address": "fd05::5", "mac": "02:00:00:00:00:f7", "dev": "lan0", "state": "permanent"}
  ]
RULES})";

enum : uint32_t { kDirect = 1, kOutput = 2, kSkipNeighbour = 4, kTable = 8, kSource = 16, kMark = 32 };
enum : int32_t {
  kSuccess,
  kBlackhole,
  kUnreachable,
  kProhibit,
  kNotForwarded,
  kForwardingOff,
  kUnsupported,
  kNoNeighbour,
  kTooLong,
  kNoSource
};
enum : uint32_t { kLo = 1, kLan = 10, kWan = 20, kOff = 30, kThin = 40 };

/// One bpf_fib_lookup().
struct Question {
  const char* destination;
  int32_t answer;
  uint32_t flags = 0;
  uint32_t ifindex = kLan;
  uint16_t length = 0;
  uint32_t extra = 0;  ///< The table with kTable, the mark with kMark.
  const char* source = nullptr;
  size_t frame = 120;
};

std::string to_string(const Question& q, Type type) {
  return fmt::format("{} {} from {} flags {:#x} length {} extra {} frame {}", type == Type::xdp ? "xdp" : "tc",
                     q.destination, q.ifindex, q.flags, q.length, q.extra, q.frame);
}

constexpr size_t kParamsAt = 14;

std::vector<std::byte> frame_of(const Question& q) {
  std::vector<std::byte> frame(q.frame);
  frame[12] = std::byte{0x88};
  frame[13] = std::byte{0xb5};
  const IpAddress to = parse_ip(q.destination).value();
  bpf_fib_lookup p{};
  std::memset(&p, 0x55, sizeof p);
  p.family = to.family;
  p.l4_protocol = 17;
  p.tot_len = q.length;
  p.ifindex = q.ifindex;
  p.rt_metric = 0;
  std::memcpy(p.ipv6_dst, to.bytes.data(), to.family == AF_INET ? 4 : 16);
  const IpAddress from = parse_ip(q.source ? q.source : to.family == AF_INET ? "10.0.0.50" : "fd00::50").value();
  std::memcpy(p.ipv6_src, from.bytes.data(), from.family == AF_INET ? 4 : 16);
  if (q.flags & kTable) std::memcpy(&p.h_vlan_proto, &q.extra, 4);
  if (q.flags & kMark) std::memcpy(p.smac, &q.extra, 4);
  store(frame.data() + kParamsAt, p);
  return frame;
}

std::string program_text(const Question& q, Type type) {
  const std::string hook = type == Type::xdp ? "xdp" : "skb";
  return fmt::format(
      "r6 = r1\nr2 = {1}\nr3 = r10\nr3 += -64\nr4 = 64\ncall bpf_{0}_load_bytes\n"
      "r1 = r6\nr2 = r10\nr2 += -64\nr3 = 64\nr4 = {2}\ncall bpf_fib_lookup\nr7 = r0\n"
      "r1 = r6\nr2 = {1}\nr3 = r10\nr3 += -64\nr4 = 64\nr5 = 0\ncall bpf_{0}_store_bytes\nr0 = r7\nexit\n",
      hook, kParamsAt, q.flags);
}

void compare(const Netstate& state, Type type, const std::string& text, std::vector<std::byte> frame, int32_t answer) {
  const auto code = isa::assemble(text, {helper::name_of});
  ASSERT_TRUE(code) << code.error().message;
  const Snippet snippet{type, *code};
  const TestInput input{.frame = std::move(frame), .netstate = &state};
  const auto theirs = run_in_kernel(snippet, input);
  ASSERT_TRUE(theirs) << theirs.error().message;
  EXPECT_EQ(static_cast<int32_t>(theirs->verdict), answer) << "the kernel";
  const auto ours = run_in_saya(snippet, input);
  ASSERT_TRUE(ours) << ours.error().message;
  EXPECT_EQ(static_cast<int32_t>(ours->verdict), answer);
  EXPECT_EQ(to_hex(ours->frame), to_hex(theirs->frame));
}

void ask(const Netstate& state, const Question& question) {
  for (const Type type : {Type::xdp, Type::sched_cls}) {
    SCOPED_TRACE(to_string(question, type));
    compare(state, type, program_text(question, type), frame_of(question), question.answer);
  }
}

const Question kQuestions[] = {
    {"8.8.8.8", kSuccess},
    {"8.8.8.8", kSuccess, kDirect},
    {"8.8.8.8", kSuccess, kSkipNeighbour},
    {"8.8.8.8", kSuccess, kSource},
    {"8.8.8.8", kSuccess, kOutput, kWan},
    {"8.8.8.8", kNotForwarded, kOutput, kLan},
    {"8.8.8.8", kSuccess, 0, kLan, 1400},
    {"8.8.8.8", kTooLong, 0, kLan, 1401},
    {"8.8.8.8", kForwardingOff, 0, kOff},
    {"8.8.8.8", kForwardingOff, kOutput, kOff},
    {"8.8.8.8", -ENODEV, 0, 99},
    {"8.8.8.8", -ENODEV, 0, 0},
    {"8.8.8.8", -EINVAL, 64},
    {"8.8.8.8", kSuccess, 0, kThin},
    {"198.51.100.1", kSuccess, 0, kLan, 1300},
    {"198.51.100.1", kTooLong, 0, kLan, 1301},
    {"198.51.101.1", kSuccess, 0, kLan, 1400},
    {"203.0.113.1", kSuccess},
    {"203.0.113.1", kSuccess, kSource},
    {"203.0.113.1", kSuccess, kSkipNeighbour},
    {"10.1.2.3", kSuccess},
    {"10.1.2.3", kSuccess, kDirect | kTable, kLan, 0, 100},
    {"10.1.2.3", kSuccess, kDirect | kTable, kLan, 0, 254},
    {"10.1.2.3", kSuccess, kDirect | kTable, kLan, 0, 0},
    {"10.1.2.3", kNotForwarded, kDirect | kTable, kLan, 0, 77},
    {"10.9.2.3", kSuccess, kDirect | kTable, kLan, 0, 101},
    {"10.9.2.3", kSuccess, kTable, kLan, 0, 101},
    {"10.2.0.1", kNoNeighbour},
    {"10.2.0.1", kSuccess, kSkipNeighbour},
    {"10.3.0.1", kNoNeighbour},
    {"10.3.0.1", kNoNeighbour, kSource},
    {"10.4.0.4", kSuccess, kSource},
    {"10.4.0.5", kNoNeighbour, kSource},
    {"10.5.0.5", kSuccess},
    {"10.5.0.5", kNoNeighbour, kOutput, kWan},
    {"10.5.1.1", kSuccess, kOutput, kLan},
    {"10.5.1.1", kNoNeighbour, kOutput, kWan},
    {"10.0.0.9", kSuccess},
    {"10.0.0.9", kSuccess, kSource},
    {"10.0.0.10", kNoNeighbour},
    {"10.8.0.10", kNoNeighbour, kSource},
    {"10.0.0.1", kNotForwarded},
    {"10.0.0.2", kNotForwarded},
    {"10.0.0.1", kNotForwarded, kDirect},
    {"10.0.0.255", kNotForwarded},
    {"10.8.255.255", kNotForwarded},
    {"127.0.0.1", kNotForwarded},
    {"127.9.9.9", kNotForwarded},
    {"224.0.0.1", kSuccess},
    {"255.255.255.255", kSuccess},
    {"192.0.2.2", kNotForwarded},
    {"192.0.2.3", kNotForwarded},
    {"172.16.0.1", kNotForwarded},
    {"10.66.0.1", kBlackhole},
    {"10.67.0.1", kUnreachable},
    {"10.68.0.1", kProhibit},
    {"10.69.0.1", kNotForwarded, kDirect},
    {"10.77.0.1", kNotForwarded},
    {"10.77.7.1", kSuccess},
    {"2001:db8::1", kSuccess},
    {"2001:db8::1", kSuccess, kDirect},
    {"2001:db8::1", kSuccess, kSkipNeighbour},
    {"2001:db8::1", kSuccess, kSource},
    {"2001:db8::1", kSuccess, kOutput, kWan},
    {"2001:db8::1", kSuccess, kOutput, kLan},
    {"2001:db8::1", kSuccess, 0, kLan, 1400},
    {"2001:db8::1", kTooLong, 0, kLan, 1401},
    {"2001:db8::1", kForwardingOff, 0, kOff},
    {"2001:db8::1", kForwardingOff, 0, kThin},
    {"2001:db8::1", -ENODEV, 0, 99},
    {"fd02::1", kSuccess, 0, kLan, 1290},
    {"fd02::1", kTooLong, 0, kLan, 1291},
    {"fd07::1", kSuccess, 0, kLan, 1500},
    {"fd07::1", kTooLong, 0, kLan, 1501},
    {"fd02::1", kSuccess, kDirect | kTable, kLan, 0, 100},
    {"fd02::1", kSuccess, kDirect | kTable, kLan, 0, 254},
    {"fd02::1", kNotForwarded, kDirect | kTable, kLan, 0, 77},
    {"fd03::1", kNoNeighbour},
    {"fd03::1", kNoNeighbour, kSource},
    {"fd04::1", kSuccess, kSource | kSkipNeighbour},
    {"fd05::5", kSuccess},
    {"fd05::5", kSuccess, kOutput, kWan},
    {"fd06::5", kSuccess, kSkipNeighbour, kLan},
    {"fd06::5", kSuccess, kSkipNeighbour, kWan},
    {"fd06::5", kSuccess, kSkipNeighbour | kOutput, kWan},
    {"fd00::9", kSuccess, kSource},
    {"fd00::1", kNotForwarded},
    {"fd00::1", kNoNeighbour, kDirect},
    {"fd00::", kNotForwarded},
    {"::1", kNotForwarded},
    {"fe80::1", kNotForwarded},
    {"ff02::1", kNotForwarded},
    {"2001:db8::1", kNotForwarded, 0, kLan, 0, 0, "fe80::1"},
    {"fd66::1", kBlackhole},
    {"fd67::1", kUnreachable},
    {"fd68::1", kProhibit},
    {"fd69::1", kNotForwarded, kDirect},
};

/// What only tc looks at: the packet itself, when there is no length.
const Question kLengths[] = {
    {"8.8.8.8",     kSuccess, 0,              kLan, 0, 0, nullptr, 1418},
    {"8.8.8.8",     kTooLong, 0,              kLan, 0, 0, nullptr, 1419},
    {"2001:db8::1", kSuccess, kSkipNeighbour, kLan, 0, 0, nullptr, 1418},
    {"2001:db8::1", kTooLong, kSkipNeighbour, kLan, 0, 0, nullptr, 1419},
};

Netstate state_with(std::string_view more) {
  std::string text(kState);
  text.replace(text.find("RULES"), 5, more);
  auto state = parse_netstate(text);
  EXPECT_TRUE(state) << state.error().message;
  return state ? std::move(*state) : Netstate();
}

template <class Body>
void in_network(std::string_view more, Body body) {
  SAYA_NEEDS_BPF();
  if (std::system("ip -V >/dev/null 2>&1") != 0)
    GTEST_SKIP() << "no ip to set a network up with: runs where the package iproute2 is installed, as ./test does";
  const auto entered = in_new_namespace([&] {
    for (const std::string_view lines : {kSetUp, more})
      if (const auto done = configure(lines); !done) FAIL() << done.error().message;
    body();
  });
  SAYA_NEEDS_NAMESPACE(entered);
}

TEST(FibLookup, answers_as_in_a_namespace_with_these_routes) {
  in_network("", [] {
    const Netstate state = state_with("");
    for (const Question& question : kQuestions) ask(state, question);
    for (const Question& question : kLengths) {
      SCOPED_TRACE(to_string(question, Type::sched_cls));
      compare(state, Type::sched_cls, program_text(question, Type::sched_cls), frame_of(question), question.answer);
    }
  });
}

const Question kByRules[] = {
    {"10.1.2.3", kSuccess},
    {"10.1.2.3", kSuccess, kMark, kLan, 0, 7},
    {"10.1.2.3", kSuccess, kMark, kLan, 0, 8},
    {"10.1.2.3", kSuccess, kDirect | kMark, kLan, 0, 7},
    {"10.9.2.3", kSuccess},
    {"10.9.2.3", kSuccess, 0, kWan},
    {"10.9.2.3", kSuccess, 0, kWan, 0, 0, "10.0.0.99"},
    {"10.69.0.1", kNotForwarded},
    {"10.77.7.1", kNotForwarded},
    {"10.0.0.1", kNotForwarded},
    {"10.0.0.1", kNoNeighbour, kDirect},
    {"fd02::1", kSuccess, kMark, kLan, 0, 7},
    {"fd02::1", kSuccess, kMark, kLan, 0, 6},
};

TEST(FibLookup, follows_rules) {
  constexpr std::string_view kRules = R"(rule add fwmark 7 table 100 priority 100
rule add from 10.0.0.64/26 table 101 priority 200
rule add iif lan0 to 10.9.0.0/16 table 101 priority 300
-6 rule add fwmark 7 table 100 priority 100
)";
  constexpr std::string_view kInState = R"(, "rules": [
    {"priority": 100, "mark": 7, "table": 100},
    {"priority": 200, "from": "10.0.0.64/26", "table": 101},
    {"priority": 300, "in": "lan0", "to": "10.9.0.0/16", "table": 101}])";
  std::string rules(kRules);
  const size_t six = rules.find("-6 ");
  rules.resize(six);
  in_network(rules, [] {
    ASSERT_EQ(std::system("ip -6 rule add fwmark 7 table 100 priority 100"), 0);
    const Netstate state = state_with(kInState);
    for (const Question& question : kByRules) ask(state, question);
  });
}

/// One bpf_check_mtu().
struct Length {
  int32_t answer;
  uint32_t ifindex;
  uint32_t mtu_len;
  int32_t diff;
  uint32_t flags = 0;
  size_t frame = 120;
};

const Length kMtus[] = {
    {0, kLan, 0, 0},
    {0, kLan, 1500, 0},
    {1, kLan, 1501, 0},
    {0, kLan, 1501, -1},
    {1, kLan, 1500, 1},
    {0, kWan, 1400, 0},
    {1, kWan, 1401, 0},
    {0, kWan, 0, 0, 0, 1414},
    {1, kWan, 0, 0, 0, 1415},
    {0, kWan, 0, -1000, 0, 1415},
    {0, kWan, 0, -3000},
    {1, kWan, 0, 0x7fffffff - 120},
    {0, 0, 0, 0},
    {0, 0, 65536, 0},
    {1, 0, 65537, 0},
    {-ENODEV, 99, 0, 0},
    {-EINVAL, kLan, 0, 0, 2},
    {-EINVAL, kLan, 1, 0, 1},
    {-EINVAL, kLan, 0, 1, 1},
};

std::string mtu_text(const Length& row, Type type) {
  return fmt::format(
      "r6 = r1\nr7 = {1}\n*(u32 *)(r10 -8) = r7\nr2 = {2}\nr3 = r10\nr3 += -8\nr4 = {3}\nr5 = {4}\n"
      "call bpf_check_mtu\nr7 = r0\nr1 = r6\nr2 = 20\nr3 = r10\nr3 += -8\nr4 = 4\nr5 = 0\n"
      "call bpf_{0}_store_bytes\nr0 = r7\nexit\n",
      type == Type::xdp ? "xdp" : "skb", row.mtu_len, row.ifindex, row.diff, row.flags);
}

TEST(CheckMtu, answers_as_in_a_namespace_with_these_devices) {
  in_network("", [] {
    const Netstate state = state_with("");
    for (const Length& row : kMtus)
      for (const Type type : {Type::xdp, Type::sched_cls}) {
        SCOPED_TRACE(fmt::format("{} ifindex {} mtu_len {} diff {} flags {} frame {}", type == Type::xdp ? "xdp" : "tc",
                                 row.ifindex, row.mtu_len, row.diff, row.flags, row.frame));
        const Question frame{.destination = "::", .answer = 0, .frame = row.frame};
        compare(state, type, mtu_text(row, type), frame_of(frame), row.answer);
      }
  });
}

}  // namespace
}  // namespace saya::tests
