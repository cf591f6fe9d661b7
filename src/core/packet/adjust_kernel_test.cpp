// adjust_head, adjust_tail and adjust_meta against the running kernel: the same steps through BPF_PROG_TEST_RUN.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <cstring>
#include <random>
#include <vector>

#include "kernel/bpf.h"
#include "packet/pool.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"

namespace saya {
namespace {

using Bytes = std::vector<std::byte>;

enum Helper : int32_t {
  head = BPF_FUNC_xdp_adjust_head,
  tail = BPF_FUNC_xdp_adjust_tail,
  meta = BPF_FUNC_xdp_adjust_meta
};
struct Step {
  Helper helper;
  int32_t delta;
};
struct Outcome {
  int result = 0;  ///< Of the first step that failed; the rest did not run.
  Bytes bytes;     ///< Metadata and frame.
  bool operator==(const Outcome&) const = default;
};

Bytes frame_of(size_t size) {
  Bytes frame(size);
  for (size_t i = 0; i < size; ++i) frame[i] = static_cast<std::byte>(i * 7 + i / 256);
  return frame;
}

/// One step after the other, until one fails.
std::string program_of(const std::vector<Step>& steps) {
  std::string text = "r6 = r1\n";
  for (const Step& step : steps)
    text += fmt::format("r1 = r6\nr2 = {}\ncall {}\nif r0 != 0 goto end\n", step.delta, int32_t{step.helper});
  return text + "end: exit";
}

Result<Outcome> on_kernel(const std::vector<Step>& steps, const Bytes& frame) {
  SAYA_TRY(const Fd program, tests::load_text(BPF_PROG_TYPE_XDP, program_of(steps)));
  SAYA_TRY(auto output, kernel::test_run(program.get(), {.data = frame, .data_room = frame.size() + 8192}));
  return Outcome{static_cast<int>(output.verdict), std::move(output.data)};
}

int take(Packet& packet, const Step& step) {
  switch (step.helper) {
    case head: return adjust_head(packet, step.delta);
    case tail: return adjust_tail(packet, step.delta);
    case meta: return adjust_meta(packet, step.delta);
  }
  return 1;
}

Outcome on_ours(Pool& pool, const std::vector<Step>& steps, const Bytes& frame) {
  const PacketPtr packet = pool.allocate(frame);
  int result = 0;
  for (size_t i = 0; i < steps.size() && result == 0; ++i) result = take(*packet, steps[i]);
  const auto metadata = static_cast<size_t>(packet->data - packet->data_meta);
  Outcome outcome{result, Bytes(metadata + packet->len)};
  std::memcpy(outcome.bytes.data(), packet->data_meta, metadata);
  EXPECT_TRUE(copy_out(*packet, 0, outcome.bytes.data() + metadata, packet->len));
  return outcome;
}

std::string words(const std::vector<Step>& steps, size_t size) {
  std::string text = "frame of " + std::to_string(size) + ":";
  for (const Step& step : steps)
    text += (step.helper == head ? " head " : step.helper == tail ? " tail " : " meta ") + std::to_string(step.delta);
  return text;
}

class AdjustAgainstKernel : public ::testing::Test {
 protected:
  void SetUp() override {
    SAYA_NEEDS_BPF();
    pool_ = *Pool::create(64);
  }
  void compare(const std::vector<Step>& steps, size_t size) {
    const Bytes frame = frame_of(size);
    const auto kernel = on_kernel(steps, frame);
    ASSERT_TRUE(kernel) << words(steps, size) << ": " << kernel.error().message;
    const Outcome ours = on_ours(*pool_, steps, frame);
    EXPECT_EQ(ours.result, kernel->result) << words(steps, size);
    EXPECT_TRUE(ours.bytes == kernel->bytes)
        << words(steps, size) << ": " << ours.bytes.size() << " bytes, kernel " << kernel->bytes.size();
  }
  std::unique_ptr<Pool> pool_;
};

struct Row {
  size_t size;
  std::vector<Step> steps;
};
constexpr int32_t kLeast = INT32_MIN, kMost = INT32_MAX;

// Where a limit lies: the last value that works and the first that does not.
const Row kLimits[] = {
    {64,    {{head, -216}}              },
    {64,    {{head, -217}}              },
    {64,    {{head, 50}}                },
    {64,    {{head, 51}}                },
    {64,    {{head, kLeast}}            },
    {64,    {{head, kMost}}             },
    {14,    {{head, 0}}                 },
    {14,    {{head, 1}}                 },
    {64,    {{head, 20}, {head, -20}}   },
    {64,    {{tail, -50}}               },
    {64,    {{tail, -51}}               },
    {64,    {{tail, 3456}}              },
    {64,    {{tail, 3457}}              },
    {64,    {{tail, kLeast}}            },
    {64,    {{tail, kMost}}             },
    {64,    {{tail, -30}, {tail, 30}}   },
    {64,    {{head, -216}, {tail, 3456}}},
    {64,    {{head, 20}, {tail, 3456}}  },
    {64,    {{head, 20}, {tail, 3457}}  },
    {64,    {{tail, 3456}, {head, 3506}}},
    {64,    {{tail, 3456}, {head, 3507}}},
    {3520,  {{tail, 0}}                 },
    {3520,  {{tail, 1}}                 },
    {64,    {{meta, 0}}                 },
    {64,    {{meta, -216}}              },
    {64,    {{meta, -217}}              },
    {64,    {{meta, -220}}              },
    {64,    {{meta, -6}}                },
    {64,    {{meta, 4}}                 },
    {64,    {{meta, 1}}                 },
    {64,    {{meta, kLeast}}            },
    {64,    {{meta, kMost}}             },
    {64,    {{meta, -8}, {meta, 4}}     },
    {64,    {{meta, -8}, {meta, 8}}     },
    {64,    {{meta, -8}, {meta, 12}}    },
    {64,    {{head, 36}, {meta, -252}}  },
    {64,    {{head, 36}, {meta, -256}}  },
    {64,    {{head, 50}, {meta, -256}}  },
    {64,    {{head, 50}, {meta, -266}}  },
    {64,    {{head, 50}, {meta, -267}}  },
    {64,    {{meta, -100}, {head, -116}}},
    {64,    {{meta, -100}, {head, -117}}},
    {64,    {{meta, -200}, {head, 50}}  },
    {9000,  {{tail, 2712}}              },
    {9000,  {{tail, 2713}}              },
    {9000,  {{tail, -5480}}             },
    {9000,  {{tail, -5480}, {tail, 1}}  },
    {9000,  {{tail, -6000}, {tail, 520}}},
    {9000,  {{tail, -6000}, {tail, 521}}},
    {9000,  {{tail, -8986}}             },
    {9000,  {{tail, -8987}}             },
    {9000,  {{tail, kLeast}}            },
    {9000,  {{tail, kMost}}             },
    {9000,  {{head, 3506}}              },
    {9000,  {{head, 3507}}              },
    {3521,  {{tail, 4095}}              },
    {3521,  {{tail, 4096}}              },
    {7616,  {{tail, 1}}                 },
    {60000, {{tail, 864}}               },
    {60000, {{tail, 865}}               },
};

TEST_F(AdjustAgainstKernel, EveryLimitLiesWhereTheKernelHasIt) {
  for (const Row& row : kLimits) compare(row.steps, row.size);
  EXPECT_EQ(pool_->packets_in_use(), 0u);
}

TEST_F(AdjustAgainstKernel, RandomStepsLeaveTheSameBytesAndResult) {
  std::mt19937 random(20260101);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
  const size_t sizes[] = {14, 60, 64, 1514, 3500, 3520, 3521, 9000, 20000};
  const Helper helpers[] = {head, tail, meta};
  for (int run = 0; run < 300; ++run) {
    std::vector<Step> steps;
    for (int i = pick(1, 6); i > 0; --i) {
      const Helper helper = helpers[pick(0, 2)];
      const int reach = helper == tail ? 2000 : 120;
      steps.push_back({helper, helper == meta ? pick(-30, 20) * 4 : pick(-reach, reach)});
    }
    compare(steps, sizes[pick(0, 8)]);
  }
}

}  // namespace
}  // namespace saya
