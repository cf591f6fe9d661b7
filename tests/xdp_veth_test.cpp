// The rows of support/xdp_cases.h, judged by the kernel on a veth pair, and what XDP leaves for tc.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>

#include <ostream>

#include "kernel/attach.h"
#include "kernel/bpf.h"
#include "support/case_name.h"
#include "support/frames.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"
#include "support/veth.h"
#include "support/xdp_cases.h"

namespace saya::tests {
namespace {

using kernel::XdpMode;

Fd load(uint32_t type, std::string_view text) {
  auto program = load_text(type, text);
  EXPECT_TRUE(program) << program.error().message;
  return program ? std::move(*program) : Fd();
}

/// Sends a frame from the near end and says where it went.
XdpFate send_and_watch(const Cable& cable, const Cable& fence) {
  auto stack = PacketSocket::open(cable.far, ETH_P_IP).value();
  auto sender = PacketSocket::open(cable.near, ETH_P_IP).value();
  EXPECT_EQ(sender.send(frame_of("udp4").value()), 0);
  EXPECT_TRUE(wait_for_quiet(fence));
  if (stack.receive(0)) return XdpFate::passed;
  return sender.receive(0) ? XdpFate::returned : XdpFate::gone;
}

/// Runs `body` over a fresh network, or skips.
template <class Body>
void on_network(Body body) {
  SAYA_NEEDS_BPF();
  const auto entered = in_new_namespace([&] {
    const auto network = make_network();
    ASSERT_TRUE(network) << network.error().message;
    body(*network);
  });
  SAYA_NEEDS_NAMESPACE(entered);
}

class XdpInTheKernel : public testing::TestWithParam<std::tuple<XdpMode, XdpCase>> {};

TEST_P(XdpInTheKernel, does_as_the_row_says) {
  const auto& [mode, row] = GetParam();
  on_network([&](const Network& network) {
    const Fd program = load(BPF_PROG_TYPE_XDP, fmt::format("r0 = {}\nexit", row.verdict));
    ASSERT_TRUE(kernel::attach_xdp(network.cable.far, program.get(), mode));
    // A frame that native XDP sends back is taken only by a veth end that runs XDP, too.
    const Fd pass = load(BPF_PROG_TYPE_XDP, "r0 = 2\nexit");
    if (mode == XdpMode::native) {
      ASSERT_TRUE(kernel::attach_xdp(network.cable.near, pass.get(), mode));
    }
    EXPECT_EQ(send_and_watch(network.cable, network.fence), row.fate);
  });
}

std::string test_name(const testing::TestParamInfo<std::tuple<XdpMode, XdpCase>>& info) {
  const auto& [mode, row] = info.param;
  return case_name_of(std::string(row.name) + (mode == XdpMode::native ? " natively" : " generically"));
}

INSTANTIATE_TEST_SUITE_P(Rows, XdpInTheKernel,
                         testing::Combine(testing::Values(XdpMode::native, XdpMode::generic),
                                          testing::ValuesIn(kXdpCases)),
                         test_name);

/// Four bytes of metadata say "shoot": the tc program does it only if it finds them.
TEST(XdpBeforeTc, metadata_reaches_tc) {
  for (const XdpMode mode : {XdpMode::native, XdpMode::generic}) {
    on_network([&](const Network& network) {
      const Fd writes = load(BPF_PROG_TYPE_XDP,
                             "r6 = r1\n"
                             "r2 = -4\n"
                             "call 54\n"
                             "r2 = *(u32 *)(r6 +8)\n"
                             "r3 = *(u32 *)(r6 +0)\n"
                             "r4 = r2\n"
                             "r4 += 4\n"
                             "if r4 > r3 goto end\n"
                             "*(u32 *)(r2 +0) = 2\n"
                             "end: r0 = 2\n"
                             "exit");
      const Fd reads = load(BPF_PROG_TYPE_SCHED_CLS,
                            "r2 = *(u32 *)(r1 +140)\n"
                            "r3 = *(u32 *)(r1 +76)\n"
                            "r4 = r2\n"
                            "r4 += 4\n"
                            "r0 = 0\n"
                            "if r4 > r3 goto end\n"
                            "r0 = *(u32 *)(r2 +0)\n"
                            "end: exit");
      ASSERT_TRUE(kernel::add_clsact(network.cable.far));
      ASSERT_TRUE(kernel::add_filter(network.cable.far, {.pref = 1, .name = "reads"}, reads.get()));
      EXPECT_EQ(send_and_watch(network.cable, network.fence), XdpFate::passed) << "no metadata yet";
      ASSERT_TRUE(kernel::attach_xdp(network.cable.far, writes.get(), mode));
      EXPECT_EQ(send_and_watch(network.cable, network.fence), XdpFate::gone);
      EXPECT_EQ(kernel::clsact_drops(network.cable.far).value(), 1u);
    });
  }
}

}  // namespace

void PrintTo(const XdpCase& row, std::ostream* out) { *out << row.name; }

}  // namespace saya::tests
