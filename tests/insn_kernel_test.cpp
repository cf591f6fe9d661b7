// Arithmetic, conditions, memory and atomics against the running kernel: every operation, width and kind of operand
// over edge values, folded into one number a program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "isa/insn.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"

namespace saya::tests {
namespace {

struct Named {
  const char* name;
  const char* text;
};
#define SAYA_ALU(name, code, offset, text) {#name, text},
constexpr Named kAlu[] = {
#include "isa/ops.def"
};
#define SAYA_COND(name, code, text) {#name, text},
constexpr Named kConditions[] = {
#include "isa/ops.def"
};

constexpr uint64_t kEdges[] = {0,          1,           2,          31,         32,
                               63,         64,          0x7fffffff, 0x80000000, 0xfffffffe,
                               0xffffffff, 0x100000000, INT64_MAX,  1ull << 63, UINT64_MAX - 1,
                               UINT64_MAX};
constexpr int32_t kImmediates[] = {1, 2, 7, 31, INT32_MAX, INT32_MIN, -2, -1};

/// r9 = r9 * 31 + r1, so that every result counts; r7 keeps the upper half visible.
constexpr const char* kFold = "r9 *= 31\nr9 += r1\n";
constexpr const char* kFinish = "r0 = r9\nr0 >>= 32\nr0 ^= r9\nexit\n";

std::string alu_program(const char* op, char width, bool immediate) {
  std::string text = "r9 = 0\n";
  const bool shift = std::string_view(op).find("<<") != std::string_view::npos ||
                     std::string_view(op).find(">>") != std::string_view::npos;
  for (uint64_t x : kEdges) {
    const std::string first = fmt::format("r1 = {:#x}\n", x);
    if (immediate) {
      for (int32_t y : kImmediates)
        if (!shift || (y >= 0 && y < 32)) text += first + fmt::format("{}1 {} {}\n", width, op, y) + kFold;
    } else {
      for (uint64_t y : kEdges) text += first + fmt::format("r2 = {:#x}\n{}1 {} {}2\n", y, width, op, width) + kFold;
    }
  }
  return text + kFinish;
}

std::string condition_program(const char* op, char width, bool immediate) {
  std::string text = "r9 = 0\n";
  size_t label = 0;
  const auto branch = [&](const std::string& operand) {
    text += fmt::format("r3 = 1\nif {0}1 {1} {2} goto l{3}\nr3 = 0\nl{3}: r9 *= 31\nr9 += r3\n", width, op, operand,
                        label++);
  };
  for (uint64_t x : kEdges) {
    text += fmt::format("r1 = {:#x}\n", x);
    if (immediate) {
      for (int32_t y : kImmediates) branch(fmt::to_string(y));
    } else {
      for (uint64_t y : kEdges) {
        text += fmt::format("r2 = {:#x}\n", y);
        branch(fmt::format("{}2", width));
      }
    }
  }
  return text + kFinish;
}

/// One-operand and memory instructions. r1 = x, r2 = y, r0 = x or y, and x lies at r10 - 8.
constexpr const char* kSnippets[] = {
    "r1 = -r1",
    "w1 = -w1",
    "r1 = (s8)r1",
    "r1 = (s16)r1",
    "r1 = (s32)r1",
    "w1 = (s8)w1",
    "w1 = (s16)w1",
    "r1 = le16 r1",
    "r1 = le32 r1",
    "r1 = le64 r1",
    "r1 = be16 r1",
    "r1 = be32 r1",
    "r1 = be64 r1",
    "r1 = bswap16 r1",
    "r1 = bswap32 r1",
    "r1 = bswap64 r1",
    "r1 = *(u8 *)(r10 -7)",
    "r1 = *(u16 *)(r10 -6)",
    "r1 = *(u32 *)(r10 -4)",
    "r1 = *(s8 *)(r10 -5)",
    "r1 = *(s16 *)(r10 -4)",
    "r1 = *(s32 *)(r10 -8)",
    "*(u8 *)(r10 -7) = r2",
    "*(u16 *)(r10 -6) = r2",
    "*(u32 *)(r10 -4) = r2",
    "*(u64 *)(r10 -8) = r2",
    "*(u8 *)(r10 -7) = -2",
    "*(u16 *)(r10 -6) = -2",
    "*(u32 *)(r10 -4) = -2",
    "*(u64 *)(r10 -8) = -2",
    "lock *(u32 *)(r10 -8) += r2",
    "lock *(u32 *)(r10 -4) |= r2",
    "lock *(u32 *)(r10 -8) &= r2",
    "lock *(u32 *)(r10 -8) ^= r2",
    "lock *(u64 *)(r10 -8) += r2",
    "lock *(u64 *)(r10 -8) |= r2",
    "lock *(u64 *)(r10 -8) &= r2",
    "lock *(u64 *)(r10 -8) ^= r2",
    "r2 = atomic_fetch_add((u32 *)(r10 -8), r2)",
    "r2 = atomic_fetch_or((u32 *)(r10 -4), r2)",
    "r2 = atomic_fetch_and((u32 *)(r10 -8), r2)",
    "r2 = atomic_fetch_xor((u32 *)(r10 -8), r2)",
    "r2 = atomic64_fetch_add((u64 *)(r10 -8), r2)",
    "r2 = atomic64_fetch_or((u64 *)(r10 -8), r2)",
    "r2 = atomic64_fetch_and((u64 *)(r10 -8), r2)",
    "r2 = atomic64_fetch_xor((u64 *)(r10 -8), r2)",
    "r2 = atomic_xchg((u32 *)(r10 -8), r2)",
    "r2 = atomic64_xchg((u64 *)(r10 -8), r2)",
    "r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r2)",
    "r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r2)",
    "r1 = load_acquire((u8 *)(r10 -7))",
    "r1 = load_acquire((u16 *)(r10 -6))",
    "r1 = load_acquire((u32 *)(r10 -4))",
    "r1 = load_acquire((u64 *)(r10 -8))",
    "store_release((u8 *)(r10 -7), r2)",
    "store_release((u16 *)(r10 -6), r2)",
    "store_release((u32 *)(r10 -4), r2)",
    "store_release((u64 *)(r10 -8), r2)",
};

std::string snippet_program(const char* snippet) {
  std::string text = "r9 = 0\n";
  for (uint64_t x : kEdges)
    for (uint64_t y : kEdges)
      for (const char* r0 : {"r1", "r2"})
        text +=
            fmt::format("r1 = {:#x}\nr2 = {:#x}\n*(u64 *)(r10 -8) = r1\nr0 = {}\n{}\n{}", x, y, r0, snippet, kFold) +
            "r1 = *(u64 *)(r10 -8)\n" + kFold + "r1 = r2\n" + kFold + "r1 = r0\n" + kFold;
  return text + kFinish;
}

void compare(const std::string& text, const std::string& what) {
  const auto code = isa::assemble(text);
  ASSERT_TRUE(code) << what << ": " << code.error().message;
  const Snippet snippet{program::Type::xdp, *code};
  const TestInput input{.frame = std::vector<std::byte>(64)};
  const auto ours = run_in_saya(snippet, input);
  ASSERT_TRUE(ours) << what << ": " << ours.error().message;
  const auto theirs = run_in_kernel(snippet, input);
  ASSERT_TRUE(theirs) << what << ": " << theirs.error().message;
  EXPECT_EQ(ours->verdict, theirs->verdict) << what;
}

TEST(Alu, AgreesWithTheKernelOnEveryEdge) {
  SAYA_NEEDS_BPF();
  for (const auto& [name, text] : kAlu)
    for (char width : {'r', 'w'})
      for (bool immediate : {false, true})
        compare(alu_program(text, width, immediate), fmt::format("{}{}{}", name, width, immediate ? " imm" : " reg"));
}

TEST(OneOperandAndMemory, AgreeWithTheKernelOnEveryEdge) {
  SAYA_NEEDS_BPF();
  for (const char* snippet : kSnippets) compare(snippet_program(snippet), snippet);
}

TEST(Conditions, AgreeWithTheKernelOnEveryEdge) {
  SAYA_NEEDS_BPF();
  for (const auto& [name, text] : kConditions)
    for (char width : {'r', 'w'})
      for (bool immediate : {false, true})
        compare(condition_program(text, width, immediate),
                fmt::format("{}{}{}", name, width, immediate ? " imm" : " reg"));
}

}  // namespace
}  // namespace saya::tests
