// The rows of support/tcx_cases.h, judged by the kernel on a veth of the test's own.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <map>
#include <ostream>

#include "kernel/bpf.h"
#include "kernel/tcx.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"
#include "support/tcx_cases.h"
#include "support/veth.h"

namespace saya::tests {
namespace {

using Action = TcxStep::Action;
constexpr auto kIngress = kernel::TcDirection::ingress;
constexpr uint32_t kId = 32, kLink = 8192;

class World {
 public:
  explicit World(uint32_t ifindex) : ifindex_(ifindex) {}

  int carry_out(const TcxStep& step) {
    const kernel::TcxAttachment attachment{.program = step.program ? fd(step.program) : 0,
                                           .flags = step.flags,
                                           .relative = relative(step),
                                           .replaced = step.replaced ? fd(step.replaced) : 0,
                                           .expected_revision = step.revision};
    switch (step.action) {
      case Action::attach: return kernel::attach_tcx(ifindex_, kIngress, attachment);
      case Action::detach: return kernel::detach_tcx(ifindex_, kIngress, attachment);
      case Action::unlink: links_.erase(step.program); return 0;
      case Action::link: break;
    }
    const int link = kernel::link_tcx(ifindex_, kIngress, attachment);
    if (link < 0) return link;
    links_[step.program] = Fd(link);
    return 0;
  }
  std::string order() {
    std::string text;
    const kernel::TcxPrograms found = kernel::query_tcx(ifindex_, kIngress).value();
    for (const uint32_t id : found.ids)
      for (const auto& [number, program] : programs_)
        if (id_of(number) == id) text += (text.empty() ? "" : " ") + std::to_string(number);
    return text;
  }
  uint64_t revision() const { return kernel::query_tcx(ifindex_, kIngress).value().revision; }

 private:
  int fd(uint32_t number) {
    if (!programs_.contains(number)) programs_[number] = load_text(BPF_PROG_TYPE_SCHED_CLS, "r0 = -1\nexit").value();
    return programs_[number].get();
  }
  uint32_t id_of(uint32_t number) { return kernel::program_info(fd(number)).value().id; }
  uint32_t relative(const TcxStep& step) {
    if (step.relative == 0) return 0;
    if (step.flags & kLink) return static_cast<uint32_t>(links_.at(step.relative).get());
    return step.flags & kId ? id_of(step.relative) : static_cast<uint32_t>(fd(step.relative));
  }

  uint32_t ifindex_;
  std::map<uint32_t, Fd> programs_;
  std::map<uint32_t, Fd> links_;
};

class TcxInTheKernel : public testing::TestWithParam<TcxCase> {};

TEST_P(TcxInTheKernel, does_as_the_row_says) {
  SAYA_NEEDS_BPF();
  const auto entered = in_new_namespace([&] {
    const auto network = make_network();
    ASSERT_TRUE(network) << network.error().message;
    World world(network->cable.far);
    for (size_t i = 0; const TcxStep& step : GetParam().steps) EXPECT_EQ(world.carry_out(step), -step.error) << i++;
    EXPECT_EQ(world.order(), GetParam().order);
    if (GetParam().revision) {
      EXPECT_EQ(world.revision(), GetParam().revision);
    }
  });
  SAYA_NEEDS_NAMESPACE(entered);
}

INSTANTIATE_TEST_SUITE_P(Rows, TcxInTheKernel, testing::ValuesIn(tcx_order_cases()), case_name);

}  // namespace

void PrintTo(const TcxCase& row, std::ostream* out) { *out << row.name; }

}  // namespace saya::tests
