// Verdicts of XDP and clsact: tables a.3 and a.4 of the semantics, measured on Linux 6.18, a row a case.
#include <gtest/gtest.h>

#include <array>
#include <ostream>
#include <vector>

#include "hook/clsact.h"
#include "hook/xdp.h"
#include "packet/pool.h"
#include "packet/tc_entry.h"
#include "support/case_name.h"
#include "support/fake_program.h"

namespace saya::hook {
namespace {

using abi::Drop;
using abi::Effect;

class World {
 public:
  World() : pool_(*Pool::create(128)) {}
  PacketPtr packet(size_t size = 60) {
    std::vector<std::byte> frame(size);
    store(frame.data() + 12, be16(0x0800));
    return pool_->allocate(frame);
  }
  const abi::Services& services() const { return services_; }

 private:
  std::unique_ptr<Pool> pool_;
  VirtualClock clock_;
  abi::Random random_{1};
  abi::Services services_{.clock = &clock_, .random = &random_};
};

struct XdpCase {
  const char* name;
  int32_t code;
  Effect effect;
  Drop reason;
  friend void PrintTo(const XdpCase& c, std::ostream* os) { *os << c.name; }
};
constexpr XdpCase kXdp[] = {
    {"ABORTED drops",                           0,  Effect::drop,     Drop::xdp_aborted},
    {"DROP drops",                              1,  Effect::drop,     Drop::xdp_drop   },
    {"PASS passes",                             2,  Effect::pass,     {}               },
    {"TX goes back out",                        3,  Effect::transmit, {}               },
    {"REDIRECT redirects",                      4,  Effect::redirect, {}               },
    {"5 is unknown, so the packet is dropped",  5,  Effect::drop,     Drop::xdp_invalid},
    {"-1 is unknown, so the packet is dropped", -1, Effect::drop,     Drop::xdp_invalid},
};

class XdpVerdict : public testing::TestWithParam<XdpCase> {};
TEST_P(XdpVerdict, HasTheKernelsEffect) {
  World world;
  const PacketPtr packets[] = {world.packet()};
  std::array<Outcome, 1> outcomes;
  run_xdp(*tests::returning(abi::Hook::xdp, GetParam().code), Point::xdp, packets, outcomes, {world.services()});
  EXPECT_EQ(outcomes[0].effect, GetParam().effect);
  if (GetParam().effect == Effect::drop) {
    EXPECT_EQ(outcomes[0].reason, GetParam().reason);
  }
}
INSTANTIATE_TEST_SUITE_P(Xdp, XdpVerdict, testing::ValuesIn(kXdp), tests::case_name);

/// One filter that returns `code`, and a second one that counts: table a.4.
struct TcCase {
  const char* name;
  bool direct_action;
  int32_t code;
  uint32_t classid;      ///< Of the filter.
  int32_t sets_classid;  ///< What the program stores in tc_classid; -1: nothing.
  Effect effect;
  bool second_runs;
  uint16_t tc_index;  ///< Afterwards; 0x77 where it is left alone.
  friend void PrintTo(const TcCase& c, std::ostream* os) { *os << c.name; }
};
constexpr uint16_t kUntouched = 0x77;
constexpr TcCase kTc[] = {
    {"UNSPEC goes on and leaves tc_index alone",      true,  -1,         0,          9,  Effect::pass,     true,  kUntouched},
    {"OK passes, ends, and tc_index is tc_classid",   true,  0,          0,          7,  Effect::pass,     false, 7         },
    {"OK takes the low half of the filter's classid", true,  0,          0x00010002, -1, Effect::pass,     false, 2         },
    {"RECLASSIFY goes on",                            true,  1,          0,          -1, Effect::pass,     true,  kUntouched},
    {"SHOT drops",                                    true,  2,          0,          -1, Effect::drop,     false, kUntouched},
    {"PIPE goes on",                                  true,  3,          0,          -1, Effect::pass,     true,  kUntouched},
    {"STOLEN consumes",                               true,  4,          0,          -1, Effect::consume,  false, kUntouched},
    {"QUEUED goes on",                                true,  5,          0,          -1, Effect::pass,     true,  kUntouched},
    {"REPEAT goes on",                                true,  6,          0,          -1, Effect::pass,     true,  kUntouched},
    {"REDIRECT redirects",                            true,  7,          0,          -1, Effect::redirect, false, kUntouched},
    {"TRAP consumes",                                 true,  8,          0,          -1, Effect::consume,  false, kUntouched},
    {"99 goes on",                                    true,  99,         0,          -1, Effect::pass,     true,  kUntouched},
    {"GOTO_CHAIN goes on",                            true,  0x20000001, 0,          -1, Effect::pass,     true,  kUntouched},
    {"a class of 0 is no match",                      false, 0,          0x00010002, -1, Effect::pass,     true,  kUntouched},
    {"a class of -1 is the filter's own",             false, -1,         0x00010002, -1, Effect::pass,     false, 2         },
    {"any other class is the class, even 2",          false, 2,          0,          -1, Effect::pass,     false, 2         },
    {"a class is cut to 16 bits in tc_index",         false, 0x10020,    0,          -1, Effect::pass,     false, 0x20      },
};

class TcVerdict : public testing::TestWithParam<TcCase> {};
TEST_P(TcVerdict, HasTheKernelsEffect) {
  const TcCase& c = GetParam();
  World world;
  const PacketPtr packets[] = {world.packet()};
  ASSERT_TRUE(enter_tc_ingress(*packets[0], {.ifindex = 1}));
  packets[0]->skb.tc_index = kUntouched;
  bool second_ran = false;
  FilterList filters;
  ASSERT_TRUE(filters.add({.pref = 1,
                           .classid = c.classid,
                           .direct_action = c.direct_action,
                           .program = tests::fake("first", abi::Hook::tc, [&](abi::Run& run) {
                             if (c.sets_classid >= 0)
                               run.packet->skb.tc_classid = static_cast<uint16_t>(c.sets_classid);
                             return static_cast<uint32_t>(c.code);
                           })}));
  ASSERT_TRUE(
      filters.add({.pref = 2, .direct_action = true, .program = tests::fake("second", abi::Hook::tc, [&](abi::Run&) {
                                                       second_ran = true;
                                                       return uint32_t(-1);
                                                     })}));
  std::array<Outcome, 1> outcomes;
  run_clsact(filters, Point::ingress, packets, outcomes, {world.services()});
  EXPECT_EQ(outcomes[0].effect, c.effect);
  EXPECT_EQ(second_ran, c.second_runs);
  EXPECT_EQ(packets[0]->skb.tc_index, c.tc_index);
}
INSTANTIATE_TEST_SUITE_P(Clsact, TcVerdict, testing::ValuesIn(kTc), tests::case_name);

TEST(Clsact, AFilterSeesOnlyItsProtocolAndATagComesFirst) {
  World world;
  std::vector<PacketPtr> packets;
  for (int i = 0; i < 2; ++i) packets.push_back(world.packet());
  for (const PacketPtr& packet : packets) ASSERT_TRUE(enter_tc_ingress(*packet, {.ifindex = 1}));
  packets[1]->vlan = {.proto = be16(0x8100), .tci = 5, .present = 1};
  std::vector<std::pair<uint16_t, const Packet*>> seen;
  FilterList filters;
  for (const uint16_t protocol : {uint16_t{0x0800}, uint16_t{0x0806}, uint16_t{0x8100}, kProtocolAll})
    ASSERT_TRUE(filters.add({.protocol = protocol,
                             .direct_action = true,
                             .program = tests::fake("sees", abi::Hook::tc, [&seen, protocol](abi::Run& run) {
                               seen.emplace_back(protocol, run.packet);
                               return uint32_t(-1);
                             })}));
  std::array<Outcome, 2> outcomes;
  run_clsact(filters, Point::ingress, packets, outcomes, {world.services()});
  const std::vector<std::pair<uint16_t, const Packet*>> want = {
      {kProtocolAll, packets[0].get()},
      {kProtocolAll, packets[1].get()},
      {0x8100,       packets[1].get()},
      {0x0800,       packets[0].get()}
  };
  EXPECT_EQ(seen, want);
}

TEST(Clsact, AFilterThatOnlyADeviceMayRunIsPassedBy) {
  for (const bool direct_action : {true, false}) {
    World world;
    const PacketPtr packets[] = {world.packet()};
    ASSERT_TRUE(enter_tc_ingress(*packets[0], {.ifindex = 1}));
    bool second_ran = false;
    FilterList filters;
    ASSERT_TRUE(filters.add({.pref = 1,
                             .direct_action = direct_action,
                             .skip_sw = true,
                             .program = tests::fake("offloaded", abi::Hook::tc, [](abi::Run&) -> uint64_t {
                               ADD_FAILURE() << "ran";
                               return 2;
                             })}));
    ASSERT_TRUE(filters.add(
        {.pref = 2, .direct_action = true, .program = tests::fake("second", abi::Hook::tc, [&second_ran](abi::Run&) {
                                             second_ran = true;
                                             return uint64_t{0};
                                           })}));
    std::array<Outcome, 1> outcomes;
    run_clsact(filters, Point::ingress, packets, outcomes, {world.services()});
    EXPECT_TRUE(second_ran);
    EXPECT_EQ(outcomes[0].effect, Effect::pass);
  }
}

TEST(Clsact, ABurstIsDecidedPacketByPacket) {
  World world;
  std::vector<PacketPtr> packets;
  for (size_t i = 0; i < kBurst; ++i) packets.push_back(world.packet(60 + i));
  for (const PacketPtr& packet : packets) ASSERT_TRUE(enter_tc_ingress(*packet, {.ifindex = 1}));
  FilterList filters;
  ASSERT_TRUE(filters.add({.direct_action = true, .program = tests::fake("odd", abi::Hook::tc, [](abi::Run& run) {
                                                    return run.packet->len % 2 ? uint32_t{2} : uint32_t{0};
                                                  })}));
  std::array<Outcome, kBurst> outcomes;
  run_clsact(filters, Point::ingress, packets, outcomes, {world.services()});
  for (size_t i = 0; i < kBurst; ++i) EXPECT_EQ(outcomes[i].effect, i % 2 ? Effect::drop : Effect::pass) << i;
}

TEST(Clsact, AProgramThatMayWriteNeverTouchesItsSiblingsBytes) {
  World world;
  PacketPtr original = world.packet();
  std::vector<PacketPtr> copies;
  copies.push_back(clone(*original));
  ASSERT_TRUE(enter_tc_ingress(*copies[0], {.ifindex = 1}));
  FilterList filters;
  ASSERT_TRUE(filters.add({.direct_action = true, .program = tests::fake("writes", abi::Hook::tc, [](abi::Run& run) {
                                                    run.packet->data[20] = std::byte{0xaa};
                                                    return uint32_t{0};
                                                  })}));
  std::array<Outcome, 1> outcomes;
  run_clsact(filters, Point::ingress, copies, outcomes, {world.services()});
  EXPECT_EQ(copies[0]->data[20], std::byte{0xaa});
  EXPECT_EQ(original->data[20], std::byte{0});
}

TEST(Xdp, AFragmentedPacketIsMadeLinearUnlessTheProgramTakesFragments) {
  World world;
  const PacketPtr packets[] = {world.packet(9000)};
  ASSERT_GT(packets[0]->fragment_count, 0);
  size_t linear = 0;
  std::array<Outcome, 1> outcomes;
  run_xdp(*tests::fake("looks", abi::Hook::xdp,
                       [&](abi::Run& run) {
                         linear = run.packet->linear_size();
                         return uint32_t{2};
                       }),
          Point::xdp, packets, outcomes, {world.services()});
  EXPECT_EQ(linear, 9000u);
}

}  // namespace
}  // namespace saya::hook
