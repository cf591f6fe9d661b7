// Attaching to real interfaces, in a namespace of the test's own. What filters do there: tests/veth_test.cpp.
#include "kernel/attach.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include "kernel/bpf.h"
#include "support/frames.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"
#include "support/veth.h"

namespace saya::kernel {
namespace {

/// Runs each test's body on a veth pair; skipped where that is not allowed.
class Attach : public testing::Test {
 protected:
  void SetUp() override { SAYA_NEEDS_BPF(); }

  template <class Body>
  void on_cable(Body body) {
    const auto entered = tests::in_new_namespace([&] {
      const auto network = tests::make_network();
      ASSERT_TRUE(network) << network.error().message;
      fence_ = network->fence;
      body(network->cable);
    });
    SAYA_NEEDS_NAMESPACE(entered);
  }

  tests::Cable fence_;
};

Fd returns(uint32_t type, int verdict) {
  return tests::load_text(type, "r0 = " + std::to_string(verdict) + "\nexit").value();
}
Fd xdp(int verdict) { return returns(BPF_PROG_TYPE_XDP, verdict); }
Fd tc(int verdict) { return returns(BPF_PROG_TYPE_SCHED_CLS, verdict); }

/// Whether a frame sent at one end reaches the stack at the other.
bool crosses(const tests::Cable& cable, const tests::Cable& fence) {
  auto ear = tests::PacketSocket::open(cable.far, ETH_P_IP).value();
  auto mouth = tests::PacketSocket::open(cable.near, 0).value();
  EXPECT_EQ(mouth.send(tests::frame_of("udp4").value()), 0);
  EXPECT_TRUE(tests::wait_for_quiet(fence));
  return ear.receive(0).has_value();
}

TEST_F(Attach, xdp_in_either_mode_decides_about_frames) {
  for (const XdpMode mode : {XdpMode::generic, XdpMode::native}) {
    on_cable([&](const tests::Cable& cable) {
      EXPECT_TRUE(crosses(cable, fence_));
      ASSERT_TRUE(attach_xdp(cable.far, xdp(XDP_DROP).get(), mode));
      EXPECT_FALSE(crosses(cable, fence_));
      ASSERT_TRUE(attach_xdp(cable.far, xdp(XDP_PASS).get(), mode, true));
      EXPECT_TRUE(crosses(cable, fence_));
      ASSERT_TRUE(detach_xdp(cable.far, mode));
      ASSERT_TRUE(attach_xdp(cable.far, xdp(XDP_DROP).get(), mode)) << "the place is free again";
    });
  }
}

TEST_F(Attach, second_xdp_program_is_refused_with_the_kernels_words) {
  on_cable([](const tests::Cable& cable) {
    ASSERT_TRUE(attach_xdp(cable.far, xdp(XDP_PASS).get(), XdpMode::generic));
    const auto second = attach_xdp(cable.far, xdp(XDP_PASS).get(), XdpMode::generic);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("XDP program already attached"), std::string::npos) << second.error().message;
  });
}

TEST_F(Attach, tc_program_is_no_xdp_program) {
  on_cable([](const tests::Cable& cable) { EXPECT_FALSE(attach_xdp(cable.far, tc(0).get(), XdpMode::generic)); });
}

TEST_F(Attach, second_clsact_is_refused) {
  on_cable([](const tests::Cable& cable) {
    ASSERT_TRUE(add_clsact(cable.far));
    const auto second = add_clsact(cable.far);
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find("Exclusivity flag on, cannot modify"), std::string::npos)
        << second.error().message;
    ASSERT_TRUE(remove_clsact(cable.far));
    EXPECT_TRUE(add_clsact(cable.far));
  });
}

TEST_F(Attach, one_pref_has_one_protocol) {
  on_cable([](const tests::Cable& cable) {
    ASSERT_TRUE(add_clsact(cable.far));
    ASSERT_TRUE(add_filter(cable.far, {.pref = 7, .protocol = ETH_P_IP, .name = "a"}, tc(0).get()));
    const auto other = add_filter(cable.far, {.pref = 7, .protocol = ETH_P_ARP, .name = "b"}, tc(0).get());
    ASSERT_FALSE(other);
    EXPECT_NE(other.error().message.find("Protocol mismatch for filter with specified priority"), std::string::npos)
        << other.error().message;
  });
}

TEST_F(Attach, automatic_prefs_end_where_their_range_ends) {
  on_cable([](const tests::Cable& cable) {
    ASSERT_TRUE(add_clsact(cable.far));
    ASSERT_TRUE(add_filter(cable.far, {.pref = 32768, .name = "a"}, tc(0).get()));
    const auto refused = add_filter(cable.far, {.pref = 0, .name = "b"}, tc(0).get());
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("Lowest ID from auto-alloc range already in use"), std::string::npos)
        << refused.error().message;
  });
}

TEST_F(Attach, whole_chain_goes_at_once) {
  on_cable([&](const tests::Cable& cable) {
    ASSERT_TRUE(add_clsact(cable.far));
    ASSERT_TRUE(add_filter(cable.far, {.pref = 1, .name = "shoots"}, tc(2).get()));
    ASSERT_TRUE(add_filter(cable.far, {.pref = 2, .name = "shoots too"}, tc(2).get()));
    EXPECT_FALSE(crosses(cable, fence_));
    ASSERT_TRUE(remove_filter(cable.far, {.pref = 0, .name = ""}));
    EXPECT_TRUE(crosses(cable, fence_));
  });
}

TEST_F(Attach, filter_needs_clsact) {
  on_cable(
      [](const tests::Cable& cable) { EXPECT_FALSE(add_filter(cable.far, {.pref = 1, .name = "a"}, tc(0).get())); });
}

TEST_F(Attach, drops_are_counted_per_interface) {
  on_cable([&](const tests::Cable& cable) {
    ASSERT_TRUE(add_clsact(cable.near));
    ASSERT_TRUE(add_clsact(cable.far));
    ASSERT_TRUE(add_filter(cable.far, {.pref = 1, .name = "shoots"}, tc(2).get()));
    EXPECT_FALSE(crosses(cable, fence_));
    EXPECT_EQ(clsact_drops(cable.far).value(), 1u);
    EXPECT_EQ(clsact_drops(cable.near).value(), 0u);
    ASSERT_TRUE(remove_filter(cable.far, {.pref = 1, .handle = 1, .name = "shoots"}));
    EXPECT_TRUE(crosses(cable, fence_));
    EXPECT_FALSE(remove_filter(cable.far, {.pref = 1, .handle = 1, .name = "shoots"}));
  });
}

TEST_F(Attach, missing_interface_is_named) {
  on_cable([](const tests::Cable&) {
    const auto refused = add_clsact(4711);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("interface 4711"), std::string::npos) << refused.error().message;
  });
}

}  // namespace
}  // namespace saya::kernel
