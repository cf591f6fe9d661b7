// The rows of support/redirect_cases.h on veth pairs of the running kernel and on saya's ports: the same ends get the
// same bytes.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/fib_rules.h>
#include <linux/if_ether.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <map>
#include <ostream>

#include "helper/table.h"
#include "interp/interp.h"
#include "kernel/attach.h"
#include "kernel/bpf.h"
#include "kernel/load.h"
#include "kernel/netlink.h"
#include "kernel/tcx.h"
#include "map/redirect_map.h"
#include "nic/datapath.h"
#include "packet/pool.h"
#include "support/case_name.h"
#include "support/ear.h"
#include "support/frames.h"
#include "support/needs_kernel.h"
#include "support/redirect_cases.h"
#include "support/snippet.h"
#include "support/veth.h"

namespace saya::tests {
namespace {

using Frame = std::vector<std::byte>;
/// "c.wire" and the bytes that arrived there.
using Ends = std::multimap<std::string, std::string>;
using Numbers = std::map<std::string, uint32_t, std::less<>>;

constexpr std::array<uint8_t, 6> kMac9 = {2, 0, 0, 0, 0, 9}, kMac2 = {2, 0, 0, 0, 0, 0x22};
constexpr std::array<uint8_t, 4> kAddress9 = {10, 0, 0, 9}, kAddress2 = {10, 0, 0, 2}, kNetwork = {10, 0, 0, 0};

/// Packets with this mark, and if `from` is given from there, look into a table of their own, whose routes lead to
/// kAddress9.
struct MarkRule {
  uint32_t mark;
  std::array<uint8_t, 4> from;  ///< All zeroes: from anywhere.
};
constexpr std::array<uint8_t, 4> kAnywhere = {};
constexpr MarkRule kRules[] = {
    {7, kAnywhere     },
    {8, {10, 0, 0, 1} }, // Where the frame comes from.
    {9, {10, 0, 0, 77}}
};
constexpr uint8_t kOwnTable = 9;
constexpr int kPatience = 3000;  // Milliseconds for a frame that must come.

std::string with_numbers(std::string text, const Numbers& ports) {
  for (const auto& [name, number] : ports)
    for (const std::string word = "{" + name + "}"; text.find(word) != text.npos;)
      text.replace(text.find(word), word.size(), fmt::format("{}", number));
  return text;
}

program::ProgramPtr build(std::string_view text, program::Type type, uint32_t attach_type, const MapPtr& map) {
  const auto code = isa::assemble(text, {helper::name_of});
  EXPECT_TRUE(code) << code.error().message << "\n" << text;
  auto program = std::make_shared<program::Program>(*program::from_code("test", *code, type));
  program->expected_attach_type = attach_type;
  program->license = "GPL";
  program->gpl_compatible = true;
  if (map && text.find("map[") != text.npos) program->maps.push_back(map);
  return program;
}

program::Type type_at(Where where) { return where == Where::xdp ? program::Type::xdp : program::Type::sched_cls; }

uint32_t attach_type_for(uint32_t map_type) { return map_type == BPF_MAP_TYPE_CPUMAP ? kXdpCpumap : kXdpDevmap; }

MapPtr map_of(const RedirectCase& row) {
  if (row.map_type == 0) return nullptr;
  const bool sockets = row.map_type == BPF_MAP_TYPE_XSKMAP;
  return create_map({.name = "targets",
                     .type = row.map_type,
                     .key_size = 4,
                     .value_size = sockets ? 4u : 8u,
                     .max_entries = row.map_type == BPF_MAP_TYPE_CPUMAP ? 2u : 4u},
                    {.nr_cpus = 2})
      .value();
}

uint32_t number_of(const MapElement& element, const Numbers& ports) {
  return element.port.empty() ? element.number : ports.find(element.port)->second;
}

// ---- In the kernel

template <class Message>
Result<> tell(uint16_t type, const Message& message, auto fill) {
  SAYA_TRY(kernel::RouteSocket socket, kernel::RouteSocket::open());
  kernel::NetlinkRequest request(type, NLM_F_CREATE, message);
  fill(request);
  return socket.ask(std::move(request), "routes and neighbours");
}

Result<> add_neighbour(uint32_t ifindex, const std::array<uint8_t, 4>& address, const std::array<uint8_t, 6>& mac) {
  ndmsg message{};
  message.ndm_family = AF_INET;
  message.ndm_ifindex = static_cast<int>(ifindex);
  message.ndm_state = NUD_PERMANENT;
  return tell(RTM_NEWNEIGH, message, [&](kernel::NetlinkRequest& request) {
    request.add(NDA_DST, address);
    request.add(NDA_LLADDR, mac);
  });
}

Result<> add_rule(const MarkRule& rule) {
  fib_rule_hdr message{};
  message.family = AF_INET;
  message.table = kOwnTable;
  message.action = FR_ACT_TO_TBL;
  message.src_len = rule.from == kAnywhere ? 0 : 32;
  return tell(RTM_NEWRULE, message, [&](kernel::NetlinkRequest& request) {
    request.add(FRA_FWMARK, rule.mark);
    request.add(FRA_PRIORITY, 100 + rule.mark);
    if (message.src_len) request.add(FRA_SRC, rule.from);
  });
}

/// Without any local address the kernel takes no gateway.
Result<> add_local_address(uint32_t ifindex) {
  constexpr std::array<uint8_t, 4> kLocal = {192, 0, 2, 1};
  rtmsg message{};
  message.rtm_family = AF_INET;
  message.rtm_dst_len = 32;
  message.rtm_table = RT_TABLE_LOCAL;
  message.rtm_scope = RT_SCOPE_HOST;
  message.rtm_type = RTN_LOCAL;
  return tell(RTM_NEWROUTE, message, [&](kernel::NetlinkRequest& request) {
    request.add(RTA_DST, kLocal);
    request.add(RTA_OIF, ifindex);
  });
}

Result<> add_own_table(uint32_t ifindex) {
  SAYA_CHECK(add_local_address(ifindex));
  rtmsg message{};
  message.rtm_family = AF_INET;
  message.rtm_dst_len = 8;
  message.rtm_table = kOwnTable;
  message.rtm_type = RTN_UNICAST;
  message.rtm_flags = RTNH_F_ONLINK;
  SAYA_CHECK(tell(RTM_NEWROUTE, message, [&](kernel::NetlinkRequest& request) {
    request.add(RTA_DST, kNetwork);
    request.add(RTA_GATEWAY, kAddress9);
    request.add(RTA_OIF, ifindex);
  }));
  for (const MarkRule& rule : kRules) SAYA_CHECK(add_rule(rule));
  return {};
}

Result<> add_routes(uint32_t ifindex) {
  rtmsg message{};
  message.rtm_family = AF_INET;
  message.rtm_dst_len = 8;
  message.rtm_table = RT_TABLE_MAIN;
  message.rtm_scope = RT_SCOPE_LINK;
  message.rtm_type = RTN_UNICAST;
  SAYA_CHECK(tell(RTM_NEWROUTE, message, [&](kernel::NetlinkRequest& request) {
    request.add(RTA_DST, kNetwork);
    request.add(RTA_OIF, ifindex);
  }));
  SAYA_CHECK(add_neighbour(ifindex, kAddress9, kMac9));
  return add_neighbour(ifindex, kAddress2, kMac2);
}

/// Ports b (ethb, its wire leads to etha) and c (ethc, to ethd).
class KernelSide {
 public:
  static Result<std::unique_ptr<KernelSide>> make(const RedirectCase& row, kernel::XdpMode mode) {
    auto side = std::make_unique<KernelSide>();
    SAYA_TRY(side->network_, make_network());
    SAYA_TRY(side->other_, make_cable("ethc", "ethd"));
    side->ports_ = {
        {"b", side->network_.cable.far},
        {"c", side->other_.near       }
    };
    SAYA_CHECK(add_routes(side->other_.near));
    SAYA_CHECK(add_own_table(side->other_.near));
    for (const auto& [name, ifindex] : side->ports_) SAYA_CHECK(kernel::add_clsact(ifindex));
    SAYA_CHECK(side->attach(row, mode));
    return side;
  }

  Result<Ends> send(const RedirectCase& row) {
    const std::map<std::string, uint32_t> places = {
        {"b.host", network_.cable.far },
        {"b.wire", network_.cable.near},
        {"c.host", other_.near        },
        {"c.wire", other_.far         }
    };
    std::map<std::string, PacketSocket> ears;
    for (const auto& [name, ifindex] : places) {
      SAYA_TRY(PacketSocket ear, PacketSocket::open(ifindex, ETH_P_IP));
      ears.emplace(name, std::move(ear));
    }
    const bool from_host = row.programs.front().where == Where::egress;
    SAYA_TRY(PacketSocket mouth, PacketSocket::open(from_host ? network_.cable.far : network_.cable.near, 0));
    SAYA_TRY(const Frame frame, frame_of("udp4"));
    static_cast<void>(mouth.send(frame));
    SAYA_CHECK(wait_for_quiet(network_.fence));
    Ends ends;
    for (const std::string& end : row.ends)
      if (const auto got = ears.at(end).receive(kPatience)) ends.emplace(end, to_hex(*got));
    for (auto& [name, ear] : ears)
      while (const auto more = ear.receive(0)) ends.emplace(name, to_hex(*more));
    return ends;
  }

 private:
  Result<> attach(const RedirectCase& row, kernel::XdpMode mode) {
    const MapPtr map = map_of(row);
    for (const PortProgram& each : row.programs) {
      const std::string text = with_numbers(each.text, ports_);
      SAYA_TRY(Fd program, session_.load(*build(text, type_at(each.where), 0, map)));
      SAYA_CHECK(attach_one(each, program.get(), mode));
    }
    if (mode == kernel::XdpMode::native && row.programs.front().where == Where::xdp) SAYA_CHECK(pass_at_the_ends());
    return map ? fill(row, map) : Result<>();
  }
  /// A veth takes frames by native XDP only where its other end runs XDP, too.
  Result<> pass_at_the_ends() {
    for (const uint32_t ifindex : {network_.cable.near, other_.far}) {
      SAYA_TRY(const Fd pass, load_text(BPF_PROG_TYPE_XDP, "r0 = 2\nexit"));
      SAYA_CHECK(kernel::attach_xdp(ifindex, pass.get(), kernel::XdpMode::native));
    }
    return {};
  }
  Result<> attach_one(const PortProgram& each, int program, kernel::XdpMode mode) {
    const uint32_t ifindex = ports_.find(each.port)->second;
    if (each.where == Where::xdp) return kernel::attach_xdp(ifindex, program, mode);
    if (each.where == Where::tcx_ingress) {
      if (const int error = kernel::attach_tcx(ifindex, kernel::TcDirection::ingress, {.program = program}); error != 0)
        return fail_errno("attach to tcx", -error);
      return {};
    }
    const bool egress = each.where == Where::egress;
    return kernel::add_filter(
        ifindex, {.direction = egress ? kernel::TcDirection::egress : kernel::TcDirection::ingress, .name = "case"},
        program);
  }
  Result<> fill(const RedirectCase& row, const MapPtr& map) {
    SAYA_TRY(const int fd, session_.map_fd(*map));
    for (const MapElement& element : row.elements) {
      uint32_t value[2] = {number_of(element, ports_), 0};
      Fd program;
      if (!element.program.empty()) {
        const auto built =
            build(with_numbers(element.program, ports_), program::Type::xdp, attach_type_for(row.map_type), nullptr);
        SAYA_TRY(program, session_.load(*built));
        value[1] = static_cast<uint32_t>(program.get());
      }
      SAYA_CHECK(kernel::update(fd, std::as_bytes(std::span(&element.key, 1)), std::as_bytes(std::span(value)), 0));
    }
    return {};
  }

  Network network_;
  Cable other_;
  Numbers ports_;
  kernel::Session session_;
};

// ---- In saya

class MemoryQueue final : public port::Queue {
 public:
  size_t receive(std::span<PacketPtr> slots) noexcept override {
    if (!waiting) return 0;
    slots[0] = std::move(waiting);
    return 1;
  }
  size_t transmit(std::span<PacketPtr> frames) noexcept override {
    for (PacketPtr& frame : frames) sent.push_back(std::move(frame));
    return frames.size();
  }
  PacketPtr waiting;
  std::vector<PacketPtr> sent;
};

Netstate netstate_for(uint32_t ifindex) {
  const auto address = [](const std::array<uint8_t, 4>& bytes) {
    IpAddress ip{.family = AF_INET};
    std::ranges::transform(bytes, ip.bytes.begin(), [](uint8_t b) { return std::byte{b}; });
    return ip;
  };
  const auto neighbour = [&](const std::array<uint8_t, 4>& ip, const std::array<uint8_t, 6>& mac) {
    Neighbour made{.ifindex = ifindex, .address = address(ip)};
    std::ranges::transform(mac, made.mac.begin(), [](uint8_t b) { return std::byte{b}; });
    return made;
  };
  NetworkFacts facts;
  facts.routes.push_back({
      .destination = {address(kNetwork), 8},
        .ifindex = ifindex
  });
  facts.routes.push_back({
      .destination = {address(kNetwork), 8},
        .ifindex = ifindex, .gateway = address(kAddress9), .table = kOwnTable
  });
  for (const MarkRule& rule : kRules)
    facts.rules.push_back({
        .priority = 100 + rule.mark,
        .family = AF_INET,
        .from = rule.from == kAnywhere ? IpPrefix{}
              : IpPrefix{address(rule.from), 32},
        .mark = rule.mark,
        .mask = UINT32_MAX,
        .table = kOwnTable
    });
  facts.neighbours = {neighbour(kAddress9, kMac9), neighbour(kAddress2, kMac2)};
  return Netstate(std::move(facts));
}

class SayaSide {
 public:
  explicit SayaSide(const RedirectCase& row)
      : pool_(Pool::create(16).value()),
        netstate_(netstate_for(ports_.find("c")->second)),
        datapath_(nic_, {.clock = &clock_, .random = &random_, .netstate = &netstate_, .listener = &ear_}) {
    for (const auto& [name, ifindex] : ports_) {
      const uint8_t last = name == "b" ? 2 : 1;  // ethb is a far end, ethc a near one.
      nic::Port& port = nic_.add_port(
          name, {
                    .ifindex = ifindex,
                    .mac = {std::byte{2}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0}, std::byte{last}},
                    .promiscuous = false
      });
      port.wire = std::make_unique<MemoryQueue>();
      port.host = std::make_unique<MemoryQueue>();
    }
    const MapPtr map = map_of(row);
    for (const PortProgram& each : row.programs) attach(each, map);
    for (const MapElement& element : row.elements) fill(row, element, *as_redirect_map(*map));
  }

  Ends send(const RedirectCase& row) {
    const bool from_host = row.programs.front().where == Where::egress;
    nic::Port& b = *nic_.find("b");
    queue(from_host ? b.host : b.wire).waiting = pool_->allocate(frame_of("udp4").value());
    datapath_.poll(b);
    Ends ends;
    for (nic::Port& port : nic_.ports()) {
      EXPECT_TRUE(port.counters.conserved()) << port.name;
      collect(port.name + ".host", queue(port.host), ends);
      collect(port.name + ".wire", queue(port.wire), ends);
    }
    EXPECT_EQ(pool_->packets_in_use(), 0u);
    for (const abi::Fault& fault : ear_.faults) ADD_FAILURE() << fault.message;
    return ends;
  }

 private:
  static MemoryQueue& queue(const port::QueuePtr& side) { return static_cast<MemoryQueue&>(*side); }
  static void collect(const std::string& end, MemoryQueue& side, Ends& ends) {
    for (const PacketPtr& packet : side.sent) {
      Frame bytes(packet->len);
      copy_out(*packet, 0, bytes.data(), packet->len);
      ends.emplace(end, to_hex(bytes));
    }
    side.sent.clear();
  }
  abi::ExecutablePtr executable(const std::string& text, program::Type type, uint32_t attach_type, const MapPtr& map) {
    return interp::run_checked(build(with_numbers(text, ports_), type, attach_type, map), helper::table()).value();
  }
  void attach(const PortProgram& each, const MapPtr& map) {
    nic::Port& port = *nic_.find(each.port);
    auto hooks = std::make_unique<nic::Hooks>(port.hooks.read());
    const abi::ExecutablePtr program = executable(each.text, type_at(each.where), 0, map);
    if (each.where == Where::xdp)
      hooks->xdp = program;
    else if (each.where == Where::tcx_ingress)
      EXPECT_EQ(hooks->tcx_ingress.attach({.entry = {program}}), 0);
    else
      EXPECT_TRUE((each.where == Where::egress ? hooks->egress : hooks->ingress)
                      .add({.direct_action = true, .program = program}));
    port.hooks.publish(std::move(hooks));
  }
  void fill(const RedirectCase& row, const MapElement& element, RedirectMap& map) {
    RedirectProgram program;
    if (!element.program.empty()) {
      program.expected_attach_type = attach_type_for(row.map_type);
      program.program = executable(element.program, program::Type::xdp, program.expected_attach_type, nullptr);
    }
    EXPECT_TRUE(map.set(element.key, number_of(element, ports_), program));
  }

  const Numbers ports_ = {
      {"b", 12},
      {"c", 13}
  };
  std::unique_ptr<Pool> pool_;
  VirtualClock clock_;
  abi::Random random_{1};
  Netstate netstate_;
  Ear ear_;
  nic::Nic nic_;
  nic::Datapath datapath_;
};

std::vector<std::string> names_of(const Ends& ends) {
  std::vector<std::string> names;
  for (const auto& [name, frame] : ends) names.push_back(name);
  return names;
}

class Redirects : public testing::TestWithParam<RedirectCase> {};

TEST_P(Redirects, LeadWhereTheKernelsLead) {
  const RedirectCase& row = GetParam();
  const Ends ours = SayaSide(row).send(row);
  EXPECT_EQ(names_of(ours), row.ends);
  SAYA_NEEDS_BPF();
  const bool xdp = row.programs.front().where == Where::xdp;
  for (const auto mode : {kernel::XdpMode::generic, kernel::XdpMode::native}) {
    if (!xdp && mode == kernel::XdpMode::native) continue;
    SCOPED_TRACE(mode == kernel::XdpMode::native ? "natively" : "generically");
    const auto entered = in_new_namespace([&] {
      const auto side = KernelSide::make(row, mode);
      ASSERT_TRUE(side) << side.error().message;
      const auto theirs = (*side)->send(row);
      ASSERT_TRUE(theirs) << theirs.error().message;
      EXPECT_EQ(names_of(*theirs), row.ends) << "the kernel";
      EXPECT_EQ(ours, *theirs);
    });
    SAYA_NEEDS_NAMESPACE(entered);
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, Redirects, testing::ValuesIn(redirect_cases()), case_name);

}  // namespace

void PrintTo(const RedirectCase& row, std::ostream* out) { *out << row.name; }

}  // namespace saya::tests
