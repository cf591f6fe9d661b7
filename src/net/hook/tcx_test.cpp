// The rows of tests/support/tcx_cases.h on saya's list: tests/veth_tcx_test.cpp has the kernel judge the same ones.
#include "hook/tcx.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "support/case_name.h"
#include "support/fake_program.h"
#include "support/tcx_cases.h"

namespace saya::tests {
namespace {

using Action = TcxStep::Action;

/// Programs 1 and up, and the list they are in. A link has its program's number.
class World {
 public:
  World() : programs_(kTcxPrograms) {
    for (auto& program : programs_) program = returning(abi::Hook::tc, -1);
  }
  int carry_out(const TcxStep& step) {
    const bool owned = step.action == Action::link || step.action == Action::unlink;
    const hook::TcxRequest request{
        .entry = {program(step.program),  owned ? step.program : 0                       },
        .flags = step.flags,
        .relative = {program(step.relative), step.flags & hook::kTcxLink ? step.relative : 0},
        .replaced = program(step.replaced),
        .expected_revision = step.revision,
    };
    const bool out = step.action == Action::detach || step.action == Action::unlink;
    return out ? list_.detach(request) : list_.attach(request);
  }
  std::string order() const {
    std::string text;
    for (const hook::TcxEntry& entry : list_.all())
      text += (text.empty() ? "" : " ") +
              std::to_string(std::ranges::find(programs_, entry.program) - programs_.begin() + 1);
    return text;
  }
  uint64_t revision() const { return list_.revision(); }

 private:
  abi::ExecutablePtr program(uint32_t number) const { return number ? programs_.at(number - 1) : nullptr; }

  std::vector<abi::ExecutablePtr> programs_;
  hook::TcxList list_;
};

class TcxInSaya : public testing::TestWithParam<TcxCase> {};

TEST_P(TcxInSaya, DoesAsTheRowSays) {
  World world;
  for (size_t i = 0; const TcxStep& step : GetParam().steps) EXPECT_EQ(world.carry_out(step), -step.error) << i++;
  EXPECT_EQ(world.order(), GetParam().order);
  if (GetParam().revision) {
    EXPECT_EQ(world.revision(), GetParam().revision);
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, TcxInSaya, testing::ValuesIn(tcx_order_cases()), case_name);

}  // namespace

void PrintTo(const TcxCase& row, std::ostream* out) { *out << row.name; }

}  // namespace saya::tests
