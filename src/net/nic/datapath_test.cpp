// The packet's walk: which stations in which order, and that no packet is ever lost or made.
#include "nic/datapath.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "packet/pool.h"
#include "support/case_name.h"
#include "support/fake_program.h"
#include "support/gso_cases.h"

namespace saya::nic {
namespace {

using abi::Drop;
using abi::Hook;
using abi::Redirect;

/// A side of a port that is fed by the test and keeps what it is sent; refuses frames once `room` is used up.
class MemoryQueue final : public port::Queue {
 public:
  size_t receive(std::span<PacketPtr> slots) noexcept override {
    size_t count = 0;
    for (; count < slots.size() && !waiting.empty(); waiting.pop_front()) slots[count++] = std::move(waiting.front());
    return count;
  }
  size_t transmit(std::span<PacketPtr> frames) noexcept override {
    const size_t taken = std::min(frames.size(), room);
    room -= taken;
    for (PacketPtr& frame : frames.first(taken)) sent.push_back(std::move(frame));
    return taken;
  }
  std::deque<PacketPtr> waiting;
  std::vector<PacketPtr> sent;
  size_t room = 1000;
};

/// Two ports, "a" (ifindex 1) and "b" (2), and a trace of which station saw a packet.
class World {
 public:
  World() : pool_(*Pool::create(1024)), datapath_(nic_, {.clock = &clock_, .random = &random_}) {
    for (const uint32_t ifindex : {1u, 2u}) {
      Port& port = nic_.add_port(ifindex == 1 ? "a" : "b", {.ifindex = ifindex});
      port.wire = std::make_unique<MemoryQueue>();
      port.host = std::make_unique<MemoryQueue>();
    }
  }
  Port& port(std::string_view name) { return *nic_.find(name); }
  MemoryQueue& wire(std::string_view name) { return static_cast<MemoryQueue&>(*port(name).wire); }
  MemoryQueue& host(std::string_view name) { return static_cast<MemoryQueue&>(*port(name).host); }

  PacketPtr packet() {
    std::vector<std::byte> frame(64);
    store(frame.data() + 12, be16(0x0800));
    return packet(frame);
  }
  PacketPtr packet(std::span<const std::byte> frame) { return pool_->allocate(frame); }
  /// Puts programs at the hooks of a port; each leaves its station's name in the trace.
  void hook(std::string_view name, hook::Point point, tests::FakeProgram::Body body) {
    Port& at = port(name);
    auto hooks = std::make_unique<Hooks>(at.hooks.read());
    const std::string station = std::string(name) + "." + std::string(hook::to_string(point));
    auto program =
        tests::fake(station, point == hook::Point::xdp ? Hook::xdp : Hook::tc, [this, station, body](abi::Run& run) {
          trace += (trace.empty() ? "" : " ") + station;
          return body(run);
        });
    if (point == hook::Point::xdp) {
      hooks->xdp = std::move(program);
    } else if (!hook::has_filters(point)) {
      hook::TcxList& list = point == hook::Point::tcx_ingress ? hooks->tcx_ingress : hooks->tcx_egress;
      EXPECT_EQ(list.attach({.entry = {std::move(program)}}), 0);
    } else {
      hook::FilterList& filters = point == hook::Point::ingress ? hooks->ingress : hooks->egress;
      EXPECT_TRUE(filters.add({.direct_action = true, .program = std::move(program)}));
    }
    at.hooks.publish(std::move(hooks));
  }
  void poll() {
    for (Port& each : nic_.ports()) datapath_.poll(each);
    for (const Port& each : nic_.ports()) EXPECT_TRUE(each.counters.conserved()) << each.name;
  }
  size_t packets_in_use() const { return pool_->packets_in_use(); }

  using FakeBody = tests::FakeProgram::Body;
  std::string trace;

 private:
  std::unique_ptr<Pool> pool_;
  VirtualClock clock_;
  abi::Random random_{1};
  Nic nic_;
  Datapath datapath_;
};

auto code(int32_t value) {
  return [value](abi::Run&) { return static_cast<uint32_t>(value); };
}
auto redirect_to(uint32_t ifindex, Redirect::Target target, int32_t verdict) {
  return [=](abi::Run& run) {
    run.redirect = {.target = target, .number = ifindex};
    return static_cast<uint32_t>(verdict);
  };
}

/// What the hooks say, and where one packet from a's wire (or a's host) then goes.
struct WalkCase {
  const char* name;
  bool from_host;
  bool forward;
  struct At {
    std::string_view port;
    hook::Point point;
    World::FakeBody body;
  };
  std::vector<At> hooks;
  std::string trace;
  std::string end;  ///< Side of the port that gets it, or the reason it is dropped for, at port.
  friend void PrintTo(const WalkCase& c, std::ostream* os) { *os << c.name; }
};

using enum hook::Point;
constexpr auto kOut = Redirect::Target::interface;
constexpr auto kIn = Redirect::Target::interface_ingress;

const WalkCase kWalks[] = {
    {"without programs a packet is delivered",             false, false, {},                                             "",          "a.host"        },
    {"what the host sends leaves by the wire",             true,  false, {},                                             "",          "a.wire"        },
    {"receive: XDP, then ingress, then the host",
     false,                                                       false,
     {{"a", xdp, code(2)}, {"a", ingress, code(0)}, {"a", egress, code(0)}},
     "a.xdp a.ingress",                                                                                                               "a.host"        },
    {"transmit: egress only",
     true,                                                        false,
     {{"a", xdp, code(2)}, {"a", ingress, code(0)}, {"a", egress, code(0)}},
     "a.egress",                                                                                                                      "a.wire"        },
    {"forward: what passes ingress goes on to egress",
     false,                                                       true,
     {{"a", xdp, code(2)}, {"a", ingress, code(0)}, {"a", egress, code(0)}},
     "a.xdp a.ingress a.egress",                                                                                                      "a.wire"        },
    {"XDP_DROP comes before tc",                           false, false, {{"a", xdp, code(1)}, {"a", ingress, code(0)}}, "a.xdp",     "a xdp_drop"    },
    {"XDP_TX goes back without tc",                        false, false, {{"a", xdp, code(3)}, {"a", egress, code(2)}},  "a.xdp",     "a.wire"        },
    {"XDP_REDIRECT leaves by the other wire without tc",
     false,                                                       false,
     {{"a", xdp, redirect_to(2, kOut, 4)}, {"b", egress, code(2)}, {"b", xdp, code(1)}},
     "a.xdp",                                                                                                                         "b.wire"        },
    {"XDP_REDIRECT without a helper call is lost",         false, false, {{"a", xdp, code(4)}},                          "a.xdp",     "a xdp_redirect"},
    {"tc redirect runs the target's egress",
     false,                                                       false,
     {{"a", ingress, redirect_to(2, kOut, 7)}, {"b", egress, code(0)}},
     "a.ingress b.egress",                                                                                                            "b.wire"        },
    {"tc redirect into ingress runs the target's ingress",
     false,                                                       false,
     {{"a", ingress, redirect_to(2, kIn, 7)}, {"b", ingress, code(0)}, {"b", xdp, code(1)}},
     "a.ingress b.ingress",                                                                                                           "b.host"        },
    {"tc redirect to a port that is not there is lost",
     false,                                                       false,
     {{"a", ingress, redirect_to(9, kOut, 7)}},
     "a.ingress",                                                                                                                     "a tc_redirect" },
    {"TC_ACT_REDIRECT without a helper call is lost",
     false,                                                       false,
     {{"a", ingress, code(7)}},
     "a.ingress",                                                                                                                     "a tc_redirect" },
    {"SHOT at egress drops",                               true,  false, {{"a", egress, code(2)}},                       "a.egress",  "a tc_egress"   },
    {"STOLEN is consumed, not dropped",                    false, false, {{"a", ingress, code(4)}},                      "a.ingress", "a consumed"    },
};

std::string end_of(World& world) {
  for (const std::string_view name : {"a", "b"}) {
    if (!world.wire(name).sent.empty()) return std::string(name) + ".wire";
    if (!world.host(name).sent.empty()) return std::string(name) + ".host";
    const Counters& counters = world.port(name).counters;
    if (counters.consumed) return std::string(name) + " consumed";
    for (size_t i = 0; i < abi::kDrops; ++i)
      if (counters.dropped[i]) return std::string(name) + " " + std::string(abi::to_string(static_cast<Drop>(i)));
  }
  return "nowhere";
}

class Walk : public testing::TestWithParam<WalkCase> {};
TEST_P(Walk, TakesTheKernelsStations) {
  World world;
  for (const auto& [port, point, body] : GetParam().hooks) world.hook(port, point, body);
  world.port("a").forward = GetParam().forward;
  (GetParam().from_host ? world.host("a") : world.wire("a")).waiting.push_back(world.packet());
  world.poll();
  EXPECT_EQ(world.trace, GetParam().trace);
  EXPECT_EQ(end_of(world), GetParam().end);
}
INSTANTIATE_TEST_SUITE_P(Datapath, Walk, testing::ValuesIn(kWalks), tests::case_name);

/// A program that redirects its own packets for ever: how often does it see one? 10 at egress on Linux 6.18 (measured).
struct LoopCase {
  const char* name;
  hook::Point point;
  Redirect::Target target;
  size_t runs;
  friend void PrintTo(const LoopCase& c, std::ostream* os) { *os << c.name; }
};
constexpr LoopCase kLoops[] = {
    {"an egress loop ends where the kernel ends it",        egress,  kOut, Datapath::kMaxNesting + 1u},
    {"an ingress loop ends although the kernel's does not", ingress, kIn,  Datapath::kMaxHops + 1u   },
};

class Loop : public testing::TestWithParam<LoopCase> {};
TEST_P(Loop, EndsAsRecursion) {
  World world;
  size_t runs = 0;
  world.hook("a", GetParam().point, [&](abi::Run& run) {
    ++runs;
    return redirect_to(1, GetParam().target, 7)(run);
  });
  (GetParam().point == egress ? world.host("a") : world.wire("a")).waiting.push_back(world.packet());
  world.poll();
  EXPECT_EQ(runs, GetParam().runs);
  EXPECT_EQ(world.port("a").counters.dropped[static_cast<size_t>(Drop::recursion)], 1u);
  EXPECT_EQ(world.packets_in_use(), 0u);
}
INSTANTIATE_TEST_SUITE_P(Datapath, Loop, testing::ValuesIn(kLoops), tests::case_name);

TEST(Datapath, ClonesThatCloneAreBounded) {
  World world;
  world.hook("a", ingress, [](abi::Run& run) {
    for (int i = 0; i < 4; ++i) (void)run.services->datapath->send_clone(*run.packet, 1, true);
    return uint32_t{0};
  });
  world.wire("a").waiting.push_back(world.packet());
  world.poll();  // Checks conservation; ends at all.
  EXPECT_GT(world.port("a").counters.cloned, 4u);
  EXPECT_EQ(world.packets_in_use(), world.host("a").sent.size());
}

/// What a program at a's hook says, what the world is like, and how the packet ends.
struct TargetCase {
  const char* name;
  hook::Point point;
  Redirect redirect;
  std::function<void(World&)> prepare;
  std::string end;
  friend void PrintTo(const TargetCase& c, std::ostream* os) { *os << c.name; }
};

const TargetCase kTargets[] = {
    {"a socket takes what its queue brings",                        xdp, {.target = Redirect::Target::socket, .number = 0},    {}, "a consumed"},
    {"a socket takes nothing from another queue",
     xdp,                                                                {.target = Redirect::Target::socket, .number = 3},
     {},
     "a xdp_redirect"                                                                                                                          },
    {"XDP sends no frame to a port that is down",
     xdp,                                                                {.target = kOut, .number = 2},
     [](World& world) { world.port("b").up = false; },
     "a xdp_redirect"                                                                                                                          },
    {"XDP sends no frame that is too long for the port",
     xdp,                                                                {.target = kOut, .number = 2},
     [](World& world) { world.port("b").mtu = 20; },
     "a xdp_redirect"                                                                                                                          },
    {"tc sends longer frames than the port's MTU",
     ingress,                                                            {.target = kOut, .number = 2},
     [](World& world) { world.port("b").mtu = 20; },
     "b.wire"                                                                                                                                  },
    {"tc sends no frame to a port that is down",
     ingress,                                                            {.target = kIn, .number = 2},
     [](World& world) { world.port("b").up = false; },
     "a tc_redirect"                                                                                                                           },
    {"the port at the other end receives what redirect_peer sends",
     ingress,                                                            {.target = Redirect::Target::peer, .number = 1},
     [](World& world) { world.port("a").peer = 2; },
     "b.host"                                                                                                                                  },
    {"redirect_peer to a port without another end",
     ingress,                                                            {.target = Redirect::Target::peer, .number = 2},
     {},
     "a tc_redirect"                                                                                                                           },
    {"redirect_neigh where nothing is known of the network",
     ingress,                                                            {.target = Redirect::Target::neighbour, .number = 2},
     {},
     "a neighbour"                                                                                                                             },
};

class Targets : public testing::TestWithParam<TargetCase> {};
TEST_P(Targets, EndThePacketsWay) {
  World world;
  const TargetCase& row = GetParam();
  if (row.prepare) row.prepare(world);
  world.hook("a", row.point, [&](abi::Run& run) {
    run.redirect = row.redirect;
    return static_cast<uint32_t>(row.point == xdp ? 4 : 7);
  });
  world.wire("a").waiting.push_back(world.packet());
  world.poll();
  EXPECT_EQ(end_of(world), row.end);
}
INSTANTIATE_TEST_SUITE_P(Datapath, Targets, testing::ValuesIn(kTargets), tests::case_name);

TEST(Datapath, RedirectPeerIsNoVerdictOfEgress) {
  World world;
  world.port("a").peer = 2;
  world.hook("a", egress, redirect_to(1, Redirect::Target::peer, 7));
  world.host("a").waiting.push_back(world.packet());
  world.poll();
  EXPECT_EQ(end_of(world), "a tc_redirect");
}

/// A packet of the first of tests/support/gso_cases.h with that much payload, cut by 100.
PacketPtr large_packet(World& world, uint32_t payload) {
  tests::GsoCase row = tests::gso_cases().front();
  row.payload = payload;
  PacketPtr packet = world.packet(tests::gso_frame(row));
  packet->checksum = Checksum::partial;
  packet->checksum_start = static_cast<uint16_t>(row.transport);
  packet->checksum_offset = tests::gso_checksum_offset(row);
  packet->gso_type = row.type;
  packet->gso_size = 100;
  return packet;
}

TEST(Datapath, ALargePacketIsWholeAtTcAndCutBehindIt) {
  World world;
  uint32_t seen = 0;
  world.hook("a", egress, [&](abi::Run& run) {
    seen = run.packet->len;
    return uint32_t{0};
  });
  world.host("a").waiting.push_back(world.packet());
  world.host("a").waiting.push_back(large_packet(world, 10000));
  world.host("a").waiting.push_back(world.packet());
  world.poll();  // Checks conservation.
  EXPECT_EQ(world.port("a").counters.split, 99u);
  EXPECT_EQ(world.port("a").counters.transmitted, 102u);
  ASSERT_EQ(world.wire("a").sent.size(), 102u);
  EXPECT_EQ(world.wire("a").sent.front()->number, 1u);
  EXPECT_EQ(world.wire("a").sent[100]->number, 2u);
  EXPECT_EQ(world.wire("a").sent.back()->number, 3u);
  EXPECT_EQ(world.wire("a").sent[1]->len, 154u);
}

/// A frame of 2500 bytes of payload, whatever its checksum.
PacketPtr long_frame(World& world) { return world.packet(tests::gso_frame(tests::gso_cases().front())); }

TEST(Datapath, AFrameLongerThanTheMtuIsWholeAtTcAndCutBehindIt) {
  World world;
  std::string seen;
  const auto look = [&](abi::Run& run) {
    seen += std::to_string(run.packet->len) + "/" + std::to_string(run.packet->gso_size) + "x" +
            std::to_string(run.packet->gso_segs) + " ";
    return run.packet->skb.valid ? uint32_t{0} : uint32_t{2};
  };
  for (const hook::Point point : {xdp, ingress, egress}) world.hook("a", point, look);
  world.port("a").mtu = 1040;
  world.port("a").forward = true;
  world.wire("a").waiting.push_back(long_frame(world));
  world.host("a").waiting.push_back(long_frame(world));
  world.poll();  // Checks conservation.
  EXPECT_EQ(seen, "2554/0x0 2554/1000x3 2554/1000x3 2554/1000x3 ") << "XDP comes before segments are put together";
  EXPECT_EQ(world.port("a").counters.split, 4u);
  ASSERT_EQ(world.wire("a").sent.size(), 6u);
  EXPECT_EQ(world.wire("a").sent[0]->len, 1054u);
  EXPECT_EQ(world.wire("a").sent[2]->len, 554u);
}

TEST(Datapath, WithoutAnMtuAFrameMayHaveAnyLength) {
  World world;
  world.host("a").waiting.push_back(long_frame(world));
  world.poll();
  ASSERT_EQ(world.wire("a").sent.size(), 1u);
  EXPECT_EQ(world.wire("a").sent[0]->checksum, Checksum::none);
}

TEST(Datapath, ALargePacketThatCannotBeCutIsDropped) {
  World world;
  world.host("a").waiting.push_back(large_packet(world, 100));  // One segment: Linux drops it, too.
  world.poll();
  EXPECT_EQ(end_of(world), "a segmentation");
}

TEST(Datapath, APortThatIsFullDropsSegmentsOneByOne) {
  World world;
  world.wire("a").room = 30;
  world.host("a").waiting.push_back(large_packet(world, 10000));
  world.poll();
  EXPECT_EQ(world.port("a").counters.transmitted, 30u);
  EXPECT_EQ(world.port("a").counters.dropped[static_cast<size_t>(Drop::transmit)], 70u);
}

TEST(Datapath, TcxRunsBeforeTheFiltersOfEachDirection) {
  World world;
  for (const hook::Point point : {tcx_ingress, ingress, tcx_egress, egress}) world.hook("a", point, code(-1));
  world.port("a").forward = true;
  world.wire("a").waiting.push_back(world.packet());
  world.poll();
  EXPECT_EQ(world.trace, "a.tcx/ingress a.ingress a.tcx/egress a.egress");
  EXPECT_EQ(end_of(world), "a.wire");
}

TEST(Datapath, AFullPortDropsWhatItCannotTake) {
  World world;
  world.wire("a").room = 3;
  for (int i = 0; i < 10; ++i) world.host("a").waiting.push_back(world.packet());
  world.poll();
  EXPECT_EQ(world.port("a").counters.transmitted, 3u);
  EXPECT_EQ(world.port("a").counters.dropped[static_cast<size_t>(Drop::transmit)], 7u);
}

TEST(Datapath, ABurstKeepsItsOrder) {
  World world;
  for (int i = 0; i < 100; ++i) world.wire("a").waiting.push_back(world.packet());
  world.poll();
  world.poll();
  ASSERT_EQ(world.host("a").sent.size(), 100u);
  for (size_t i = 0; i < 100; ++i) EXPECT_EQ(world.host("a").sent[i]->number, i + 1);
}

}  // namespace
}  // namespace saya::nic
