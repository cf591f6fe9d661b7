// Why programs cannot run: instructions one by one, and the running kernel as the judge of "no".
#include "attach/check.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>

#include "abi/kernel_calls.h"
#include "attach/check_calls.h"
#include "kernel/load.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"

namespace saya::attach {
namespace {

using program::Type;
using Reasons = std::vector<std::string>;

// ---- Instructions

struct CallCase {
  const char* name;
  Type type;
  const char* text;  ///< A program; call kernel-function#N is the N-th of kExterns.
  bool gpl;
  Reasons run, kernel;
  friend void PrintTo(const CallCase& c, std::ostream* os) { *os << c.name; }
};

const program::ExternUse kExterns[] = {
    {"bpf_dynptr_from_xdp",   object::Extern::Kind::function, false},
    {"bpf_dynptr_from_xdp",   object::Extern::Kind::function, true },
    {"bpf_nobody_knows_this", object::Extern::Kind::function, false},
    {"bpf_nobody_knows_this", object::Extern::Kind::function, true },
    {"runqueues",             object::Extern::Kind::variable, false},
    {"runqueues",             object::Extern::Kind::variable, true },
};

const program::Target kNowhere{.name = "a place that has no kernel functions"};

#define WRONG_TYPE "program of this type cannot use helper "
#define WRONG_LICENCE "cannot call GPL-restricted function from non-GPL compatible program"

const CallCase kCalls[] = {
    {"nothing",                             Type::xdp,       "r0 = 2\nexit",                 false, {}, {}                           },
    {"a helper of both",                    Type::xdp,       "call 5\nexit",                 false, {}, {}                           },
    {"a helper of tc at xdp",
     Type::xdp,
     "call 26\nexit",                                                                        true,
     {"insn 0: " WRONG_TYPE "bpf_skb_load_bytes#26"},
     {"insn 0: " WRONG_TYPE "bpf_skb_load_bytes#26"}                                                                                 },
    {"a helper of xdp at tc, twice",
     Type::sched_cls,
     "r0 = 1\ncall 44\ncall 44\nexit",                                                       true,
     {"insn 1: " WRONG_TYPE "bpf_xdp_adjust_head#44 (2 times)"},
     {"insn 1: " WRONG_TYPE "bpf_xdp_adjust_head#44 (2 times)"}                                                                      },
    {"a GPL-only helper with a licence",    Type::xdp,       "call 6\nexit",                 true,  {}, {}                           },
    {"a GPL-only helper without one",
     Type::xdp,
     "call 6\nexit",                                                                         false,
     {"insn 0: bpf_trace_printk#6: " WRONG_LICENCE},
     {"insn 0: bpf_trace_printk#6: " WRONG_LICENCE}                                                                                  },
    {"a helper of tracing programs",
     Type::xdp,
     "call 4\nexit",                                                                         true,
     {"insn 0: " WRONG_TYPE "bpf_probe_read#4"},
     {"insn 0: " WRONG_TYPE "bpf_probe_read#4"}                                                                                      },
    {"a helper that nobody has",
     Type::xdp,
     "call 5000\nexit",                                                                      true,
     {"insn 0: invalid func unknown#5000"},
     {"insn 0: invalid func unknown#5000"}                                                                                           },
    {"a type without a hook in saya",       Type::kprobe,    "call 4\ncall 15\nexit",        true,  {}, {}                           },
    {"a socket filter with a helper of tc",
     Type::socket_filter,
     "call 9\nexit",                                                                         true,
     {"insn 0: " WRONG_TYPE "bpf_skb_store_bytes#9"},
     {"insn 0: " WRONG_TYPE "bpf_skb_store_bytes#9"}                                                                                 },
    {"a kernel function",
     Type::xdp,
     "call kernel-function#0\nexit",                                                         true,
     {"insn 0: calls the kernel function bpf_dynptr_from_xdp, which saya does not have"},
     {}                                                                                                                              },
    {"a weak kernel function",              Type::xdp,       "call kernel-function#1\nexit", true,  {}, {}                           },
    {"a kernel function of xdp at tc",
     Type::sched_cls,
     "call kernel-function#1\nexit",                                                         true,
     {},
     {"insn 0: calling kernel function bpf_dynptr_from_xdp is not allowed"}                                                          },
    {"a kernel function without a licence",
     Type::xdp,
     "call kernel-function#1\nexit",                                                         false,
     {},
     {"insn 0: cannot call kernel function from non-GPL compatible program"}                                                         },
    {"a kernel function that nobody has",
     Type::xdp,
     "call kernel-function#2\nexit",                                                         true,
     {"insn 0: calls the kernel function bpf_nobody_knows_this, which saya does not have"},
     {"insn 0: calls the kernel function bpf_nobody_knows_this, which Linux 6.18 does not have"}                                     },
    {"a weak one that nobody has",          Type::xdp,       "call kernel-function#3\nexit", true,  {}, {}                           },
    {"ld_abs at xdp",
     Type::xdp,
     "r0 = *(u8 *)skb[0]\nexit",                                                             true,
     {"insn 0: BPF_LD_[ABS|IND] instructions not allowed for this program type"},
     {"insn 0: BPF_LD_[ABS|IND] instructions not allowed for this program type"}                                                     },
    {"ld_abs at tc",                        Type::sched_cls, "r0 = *(u8 *)skb[0]\nexit",     true,  {}, {}                           },
    {"a call through a register",           Type::xdp,       "r0 = 0\ncallx r0\nexit",       true,  {}, {"insn 1: unknown opcode 8d"}},
};

program::Program program_of(Type type, std::vector<isa::RawInsn> code, bool gpl) {
  program::Program program = *program::from_code("test", std::move(code), type);
  program.gpl_compatible = gpl;
  program.externs.assign(std::begin(kExterns), std::end(kExterns));
  return program;
}

class Calls : public testing::TestWithParam<CallCase> {};
TEST_P(Calls, EachTargetSaysWhyNot) {
  const auto code = isa::assemble(GetParam().text, {abi::kernel_helper_name});
  ASSERT_TRUE(code) << code.error().message;
  const CallReasons got = check_calls(program_of(GetParam().type, *code, GetParam().gpl), kNowhere);
  EXPECT_EQ(got.run, GetParam().run);
  EXPECT_EQ(got.kernel, GetParam().kernel);
}
INSTANTIATE_TEST_SUITE_P(Check, Calls, testing::ValuesIn(kCalls), tests::case_name);

TEST(Check, WhatCannotBeDecodedIsAReasonAndTheRestIsLookedAt) {
  const CallReasons got = check_calls(program_of(Type::xdp,
                                                 {
                                                     {0xff, 0, 0, 0 },
                                                     {0x85, 0, 0, 26},
                                                     {0x95, 0, 0, 0 }
  },
                                                 true),
                                      kNowhere);
  EXPECT_EQ(got.run, (Reasons{"insn 0: unknown opcode ff", "insn 1: " WRONG_TYPE "bpf_skb_load_bytes#26"}));
  EXPECT_EQ(got.kernel, got.run);
}

TEST(Check, WhichVariablesTheKernelHasIsNotKnown) {
  const auto references = [](int32_t variable) {
    return check_calls(program_of(Type::xdp,
                                  {
                                      {0x18, 0x31, 0, variable},
                                      {},
                                      {0x95, 0, 0, 0}
    },
                                  true),
                       kNowhere);
  };
  const CallReasons strong = references(4), weak = references(5);
  EXPECT_EQ(strong.run, Reasons{"insn 0: refers to the kernel variable runqueues, which saya does not have"});
  EXPECT_EQ(strong.unknown,
            Reasons{"insn 0: refers to runqueues, and saya does not know which variables the kernel has"});
  EXPECT_EQ(weak.run, Reasons{});
  EXPECT_EQ(weak.unknown, Reasons{});
}

TEST(Check, APoisonedCallIsNoReasonSinceNobodyKnowsWhetherItIsReached) {
  program::Program program = program_of(Type::xdp,
                                        {
                                            {0x85, 0, 0, program::kPoisonedCall},
                                            {0x95, 0, 0, 0                     }
  },
                                        true);
  program.poisons = {
      {0, "no such type"}
  };
  EXPECT_EQ(check_calls(program, kNowhere).run, Reasons{});
  program.poisons.clear();
  EXPECT_EQ(check_calls(program, kNowhere).run, Reasons{"insn 0: invalid func unknown#195896080"});
}

// ---- Objects

object::Object object_at(const std::filesystem::path& path) {
  auto object = object::read_file(path.string());
  EXPECT_TRUE(object) << object.error().message;
  return object ? *std::move(object) : object::Object();
}

std::string_view answer_name(Answer answer) {
  return answer == Answer::yes ? "yes" : answer == Answer::no ? "no" : "unknown";
}

/// What the running kernel says to each program of an object must not be a yes where the check says no.
void expect_kernel_refuses_what_check_refuses(ObjectCheck check) {
  const auto maps = program::create_maps(check.object(), {});
  if (!maps) return;  // Of a type that saya does not have: then saya cannot load its programs anywhere.
  for (uint32_t i = 0; i < check.object().functions.size(); ++i) {
    if (!check.object().functions[i].entry) continue;
    for (const TypeAnswers& answers : check.check(i)) {
      if (!program::hook_of(answers.type)) continue;
      kernel::Session session;
      const auto program = program::link(check.object(), i, *maps, answers.type);
      const bool loads = program && session.load(**program);
      EXPECT_FALSE(loads && answers.kernel.answer == Answer::no)
          << check.object().functions[i].name << ": " << answers.kernel.reasons.front();
    }
  }
}

TEST(Check, TheRunningKernelRefusesWhatIsSaidToBeRefused) {
  SAYA_NEEDS_BPF();
  for (const char* name : {"tests/cli/check", "tests/cli/verdicts", "tests/object/calls", "tests/object/data", "nat"})
    expect_kernel_refuses_what_check_refuses(ObjectCheck(object_at(fmt::format("{}/bpf/{}.o", SAYA_BINARY_DIR, name))));
}

TEST(Check, AskedForATypeItDoesNotLookAtTheSection) {
  ObjectCheck check(object_at(fmt::format("{}/bpf/nat.o", SAYA_BINARY_DIR)));
  const auto as_section = check.check(0), as_xdp = check.check(0, Type::xdp);
  ASSERT_EQ(as_section.size(), 1u);
  EXPECT_EQ(as_section[0].type, Type::sched_cls);
  EXPECT_EQ(answer_name(as_section[0].run.answer), "yes");
  ASSERT_EQ(as_xdp.size(), 1u);
  EXPECT_EQ(as_xdp[0].type, Type::xdp);
  EXPECT_EQ(answer_name(as_xdp[0].run.answer), "no") << "it calls helpers of tc";
}

TEST(Check, WhatCannotBeLinkedRunsNowhere) {
  object::Object object;
  object.file = "made.o";
  object.license = "GPL";
  object.functions.push_back({
      .name = "f", .section = "xdp", .entry = true, .code = {{0x18, 0x10, 0, 5}, {}}
  });
  const auto answers = ObjectCheck(std::move(object)).check(0);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answer_name(answers[0].run.answer), "no");
  EXPECT_EQ(answer_name(answers[0].kernel.answer), "no");
  EXPECT_EQ(answers[0].run.reasons, answers[0].kernel.reasons);
  ASSERT_EQ(answers[0].run.reasons.size(), 1u);
  EXPECT_NE(answers[0].run.reasons[0].find("without a relocation"), std::string::npos) << answers[0].run.reasons[0];
}

}  // namespace
}  // namespace saya::attach
