// The rows of tests/support/clsact_cases.h, run by saya: tests/veth_test.cpp has the kernel judge the same ones.
#include <gtest/gtest.h>

#include <array>
#include <ostream>

#include "helper/table.h"
#include "hook/clsact.h"
#include "hook/tcx.h"
#include "interp/interp.h"
#include "map/host.h"
#include "packet/pool.h"
#include "packet/tc_entry.h"
#include "support/case_name.h"
#include "support/clsact_cases.h"
#include "support/frames.h"

namespace saya::tests {
namespace {

constexpr uint32_t kInterface = 7;

hook::Filter to_filter(const FilterStep& step, const MapPtr& trace) {
  return {.chain = step.chain,
          .pref = step.pref,
          .handle = step.handle,
          .protocol = step.protocol,
          .classid = step.classid,
          .direct_action = step.direct_action,
          .program = interp::run_checked(filter_program(step.program, trace), helper::table()).value()};
}

Result<> apply(hook::FilterList& filters, const FilterStep& step, const MapPtr& trace) {
  if (step.action == FilterStep::Action::remove)
    return filters.remove(step.chain, step.pref, step.handle, step.pref ? step.protocol : uint16_t{0});
  const hook::Filter filter = to_filter(step, trace);
  SAYA_CHECK(step.action == FilterStep::Action::add ? filters.add(filter) : filters.replace(filter));
  return {};
}

Fate fate_of(const hook::Outcome& outcome) {
  switch (outcome.effect) {
    case abi::Effect::pass:
    case abi::Effect::next: return Fate::passed;
    case abi::Effect::drop: return Fate::dropped;
    case abi::Effect::consume:
    case abi::Effect::transmit:
    case abi::Effect::redirect: return Fate::gone;  // No row redirects to an interface that is there.
  }
  return Fate::gone;
}

std::vector<std::string> trace_of(Map& trace) {
  const uint32_t key = 0;
  return read_trace(host_lookup(trace, std::as_bytes(std::span(&key, 1))).value());
}

class ClsactInSaya : public testing::TestWithParam<ClsactCase> {};

TEST_P(ClsactInSaya, DoesAsTheRowSays) {
  const ClsactCase& row = GetParam();
  const MapPtr trace = create_map(trace_map_spec(), {.nr_cpus = 1, .hash_key = 1}).value();
  hook::FilterList filters;
  for (const FilterStep& step : row.filters) {
    const auto applied = apply(filters, step, trace);
    ASSERT_EQ(refusal_of(applied, step), step.refused);
  }
  hook::TcxList tcx;
  for (const FilterProgram& program : row.tcx)
    ASSERT_EQ(tcx.attach({.entry = {interp::run_checked(filter_program(program, trace), helper::table()).value()}}), 0);
  const auto pool = Pool::create(4).value();
  const PacketPtr packets[] = {pool->allocate(frame_of(row.frame).value())};
  packets[0]->ingress_ifindex = row.egress ? 0 : kInterface;
  const Device device{.ifindex = kInterface};
  if (row.egress)
    enter_tc_egress(*packets[0], device);
  else
    ASSERT_TRUE(enter_tc_ingress(*packets[0], device));

  const VirtualClock clock;
  abi::Random random(1);
  const abi::Services services{.clock = &clock, .random = &random};
  std::array<hook::Outcome, 1> outcomes;
  hook::run_tcx(tcx, row.egress ? hook::Point::tcx_egress : hook::Point::tcx_ingress, packets, outcomes, {services});
  hook::continue_clsact(filters, row.egress ? hook::Point::egress : hook::Point::ingress, packets, outcomes,
                        {services});

  EXPECT_EQ(compare_trace(row.trace, trace_of(*trace)), "");
  EXPECT_EQ(fate_of(outcomes[0]), row.fate);
}

INSTANTIATE_TEST_SUITE_P(Rows, ClsactInSaya, testing::ValuesIn(clsact_cases()), case_name);

}  // namespace

void PrintTo(const ClsactCase& row, std::ostream* out) { *out << row.name; }

}  // namespace saya::tests
