// The rows of support/clsact_cases.h, judged by the kernel: real clsact filters on a veth pair in a namespace of the
// test's own.
#include <gtest/gtest.h>
#include <linux/if_ether.h>

#include <cerrno>
#include <ostream>

#include "base/bytes.h"
#include "kernel/attach.h"
#include "kernel/bpf.h"
#include "kernel/load.h"
#include "kernel/tcx.h"
#include "map/map.h"
#include "support/case_name.h"
#include "support/clsact_cases.h"
#include "support/frames.h"
#include "support/needs_kernel.h"
#include "support/veth.h"

namespace saya::tests {
namespace {

constexpr uint32_t kObserver = 1000;  ///< Id of the program at the other end.

MapPtr trace_map() { return create_map(trace_map_spec(), {.nr_cpus = 1, .hash_key = 1}).value(); }

/// The network of a case: filters can be attached at both ends of its cable.
Result<Network> network_with_clsact() {
  SAYA_TRY(Network network, make_network());
  SAYA_CHECK(kernel::add_clsact(network.cable.near));
  SAYA_CHECK(kernel::add_clsact(network.cable.far));
  return network;
}

Result<> apply(kernel::Session& session, uint32_t ifindex, bool egress, const FilterStep& step, const MapPtr& trace) {
  const kernel::TcFilter filter{.direction = egress ? kernel::TcDirection::egress : kernel::TcDirection::ingress,
                                .chain = step.chain,
                                .pref = step.pref,
                                .protocol = step.protocol,
                                .handle = step.handle,
                                .classid = step.classid,
                                .direct_action = step.direct_action,
                                .name = "case"};
  if (step.action == FilterStep::Action::remove) return kernel::remove_filter(ifindex, filter);
  SAYA_TRY(const Fd program, session.load(*filter_program(step.program, trace)));  // The filter keeps it.
  return step.action == FilterStep::Action::add ? kernel::add_filter(ifindex, filter, program.get())
                                                : kernel::replace_filter(ifindex, filter, program.get());
}

/// The EtherType under which the stack gets the frame: that behind a VLAN tag.
uint16_t inner_type(std::span<const std::byte> frame) {
  const uint16_t type = std::byteswap(load<uint16_t>(frame.data() + 12));
  return type == ETH_P_8021Q ? std::byteswap(load<uint16_t>(frame.data() + 16)) : type;
}

std::vector<std::string> trace_of(const kernel::Session& session, const Map& trace) {
  const uint32_t key = 0;
  const auto value =
      kernel::lookup(session.map_fd(trace).value(), std::as_bytes(std::span(&key, 1)), trace.spec().value_size);
  return read_trace(*value);
}

/// What became of the frame at the hook under test.
Fate judge(bool delivered, uint32_t drops) {
  if (delivered) return Fate::passed;
  return drops > 0 ? Fate::dropped : Fate::gone;
}

/// Attaches the row's tcx programs; they stay as long as the interface.
Result<> attach_tcx(kernel::Session& session, uint32_t ifindex, const ClsactCase& row, const MapPtr& trace) {
  const auto direction = row.egress ? kernel::TcDirection::egress : kernel::TcDirection::ingress;
  for (const FilterProgram& program : row.tcx) {
    SAYA_TRY(const Fd loaded, session.load(*filter_program(program, trace)));
    if (const int error = kernel::attach_tcx(ifindex, direction, {.program = loaded.get()}); error != 0)
      return fail_errno("attach to tcx", -error);
  }
  return {};
}

/// clsact does not count what tcx drops.
Fate as_clsact_sees(const ClsactCase& row) {
  return row.fate == Fate::dropped && !row.tcx.empty() ? Fate::gone : row.fate;
}

void run_case(const ClsactCase& row) {
  auto network = network_with_clsact();
  ASSERT_TRUE(network) << network.error().message;
  const uint32_t hooked = row.egress ? network->cable.near : network->cable.far;
  const MapPtr trace = trace_map();
  const MapPtr after = trace_map();
  kernel::Session session;
  for (const FilterStep& step : row.filters) {
    const auto applied = apply(session, hooked, row.egress, step, trace);
    ASSERT_EQ(refusal_of(applied, step), step.refused);
  }
  const auto attached = attach_tcx(session, hooked, row, trace);
  ASSERT_TRUE(attached) << attached.error().message;
  ASSERT_TRUE(session.add_map(trace));
  if (row.egress) {
    ASSERT_TRUE(apply(session, network->cable.far, false, {.program = {.id = kObserver}}, after));
  }

  const std::vector<std::byte> frame = frame_of(row.frame).value();
  auto ear = PacketSocket::open(network->cable.far, inner_type(frame));
  auto mouth = PacketSocket::open(network->cable.near, 0);
  ASSERT_TRUE(ear && mouth);
  const int error = mouth->send(frame);
  ASSERT_TRUE(wait_for_quiet(network->fence));

  EXPECT_EQ(compare_trace(row.trace, trace_of(session, *trace)), "");
  EXPECT_EQ(judge(ear->receive(0).has_value(), kernel::clsact_drops(hooked).value()), as_clsact_sees(row));
  EXPECT_EQ(error, row.egress && row.fate == Fate::dropped ? ENOBUFS : 0) << "what the sender was told";
  if (!row.after.empty()) {
    const std::vector<std::string> expected = {std::to_string(kObserver) + " " + row.after};
    EXPECT_EQ(compare_trace(expected, trace_of(session, *after)), "");
  }
}

class ClsactInTheKernel : public testing::TestWithParam<ClsactCase> {};

TEST_P(ClsactInTheKernel, does_as_the_row_says) {
  SAYA_NEEDS_BPF();
  const auto entered = in_new_namespace([&] { run_case(GetParam()); });
  SAYA_NEEDS_NAMESPACE(entered);
}

INSTANTIATE_TEST_SUITE_P(Rows, ClsactInTheKernel, testing::ValuesIn(clsact_cases()), case_name);

}  // namespace

void PrintTo(const ClsactCase& row, std::ostream* out) { *out << row.name; }

}  // namespace saya::tests
