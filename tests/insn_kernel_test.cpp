// Arithmetic, conditions, memory and atomics against the running kernel: every operation, width and kind of operand
// over edge values, folded into one number a program; then jumps, calls and loads of other kinds. A gate counts that
// every row of isa/ops.def is in one of them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

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

/// Programs that are no fold over edge values: what each answers says it all. r6 = the context.
struct Small {
  const char* name;
  program::Type type;
  const char* text;
};
constexpr auto kXdp = program::Type::xdp, kTc = program::Type::sched_cls, kSocket = program::Type::socket_filter;
const Small kSmall[] = {
    {"ja",                                             kXdp,    "r0 = 1\nif r1 != 0 goto one\nr0 = 5\ngoto end\none: r0 += 2\nend: exit"                  },
    {"ja back",                                        kXdp,    "r0 = 0\ngoto first\nsecond: r0 += 2\nexit\nfirst: r0 += 1\ngoto second"                  },
    {"gotol",                                          kXdp,    "r0 = 1\nif r1 == 0 goto one\nr0 = 5\ngotol end\none: r0 += 2\nend: exit"                 },
    {"may_goto",                                       kXdp,    "r0 = 0\nr6 = 0\nagain: may_goto end\nr6 += 1\nif r6 < 100 goto again\nend: r0 = r6\nexit"},
    {"a 64-bit constant",                              kXdp,    "r0 = 0x123456789abcdef0\nr0 >>= 24\nexit"                                                },
    {"a map",                                          kXdp,
     "*(u32 *)(r10 -4) = 0\nr1 = map[idx:0]\nr2 = r10\nr2 += -4\ncall 1\nif r0 == 0 goto none\n"
     "*(u64 *)(r0 +0) = 77\nr0 = *(u64 *)(r0 +0)\nnone: exit"                                                                                             },
    {"a map's value",                                  kXdp,
     "r1 = map[idx:0][0]+8\n*(u32 *)(r1 +4) = 55\nr1 = map[idx:0][0]+4\nr0 = *(u32 *)(r1 +8)\nexit"                                                       },
    {"a function to call back",                        kXdp,
     "*(u64 *)(r10 -8) = 5\nr1 = 7\nr2 = subprog[body]\nr3 = r10\nr3 += -8\nr4 = 0\ncall 181\n"
     "r1 = *(u64 *)(r10 -8)\nr0 *= 100\nr0 += r1\nexit\n"
     "body: r3 = *(u64 *)(r2 +0)\nr3 += r1\n*(u64 *)(r2 +0) = r3\nr0 = 0\nexit"                                                                           },
    {"a local call",                                   kXdp,    "r6 = 3\nr1 = 4\ncall f\nr0 += r6\nexit\nf: r6 = 100\nr0 = r1\nr0 *= 10\nexit"            },
    {"nested local calls",                             kXdp,
     "r1 = 4\ncall f\nexit\nf: r6 = r1\nr1 += 1\ncall g\nr0 += r6\nexit\ng: r6 = 9\nr0 = r1\nr0 *= 10\nr0 += r6\nexit"                                    },
    {"skb u8",                                         kTc,     "r6 = r1\nr0 = *(u8 *)skb[14]\nexit"                                                      },
    {"skb u16",                                        kTc,     "r6 = r1\nr0 = *(u16 *)skb[12]\nexit"                                                     },
    {"skb u32",                                        kTc,     "r6 = r1\nr0 = *(u32 *)skb[26]\nexit"                                                     },
    {"skb u8 + r",                                     kTc,     "r6 = r1\nr7 = 13\nr0 = *(u8 *)skb[r7 + 1]\nexit"                                         },
    {"skb u16 + r",                                    kTc,     "r6 = r1\nr7 = 13\nr0 = *(u16 *)skb[r7 + -1]\nexit"                                       },
    {"skb u32 + r",                                    kTc,     "r6 = r1\nr7 = 13\nr0 = *(u32 *)skb[r7 + 13]\nexit"                                       },
    {"skb at the end",                                 kTc,     "r6 = r1\nr0 = *(u32 *)skb[60]\nexit"                                                     },
    {"skb beyond the end",                             kTc,     "r6 = r1\nr0 = 7\nr0 = *(u32 *)skb[61]\nr0 = 9\nexit"                                     },
    {"skb + r wraps",                                  kTc,     "r6 = r1\nr7 = -1 ll\nr0 = *(u32 *)skb[r7 + 1]\nexit"                                     },
    {"skb + r wraps beyond",                           kTc,     "r6 = r1\nr7 = 0x7fffffff ll\nr0 = *(u32 *)skb[r7 + 1]\nr0 = 9\nexit"                     },
    {"skb from the network header",                    kTc,     "r6 = r1\nr0 = *(u32 *)skb[-1048564]\nexit"                                               },
    {"skb to the network header's end",                kTc,     "r6 = r1\nr0 = *(u32 *)skb[-1048530]\nexit"                                               },
    {"skb beyond the network header's end",            kTc,     "r6 = r1\nr0 = *(u32 *)skb[-1048529]\nr0 = 9\nexit"                                       },
    {"skb from the link header",                       kTc,     "r6 = r1\nr0 = *(u32 *)skb[-2097146]\nexit"                                               },
    {"skb before the link header's offsets",           kTc,     "r6 = r1\nr0 = *(u32 *)skb[-2097153]\nr0 = 9\nexit"                                       },
    {"skb of minus one",                               kTc,     "r6 = r1\nr0 = *(u8 *)skb[-1]\nr0 = 9\nexit"                                              },
    {"skb of minus one meant ancillary data",          kTc,     "r6 = r1\nr0 = *(u32 *)skb[-4096]\nr0 = 9\nexit"                                          },
    {"skb of a socket filter",                         kSocket, "r6 = r1\nr0 = *(u32 *)skb[12]\nexit"                                                     },
    {"skb of a socket filter to the end",              kSocket, "r6 = r1\nr0 = *(u32 *)skb[46]\nexit"                                                     },
    {"skb of a socket filter beyond the end",          kSocket, "r6 = r1\nr0 = *(u32 *)skb[47]\nr0 = 9\nexit"                                             },
    {"skb of a socket filter from the network header", kSocket, "r6 = r1\nr0 = *(u32 *)skb[-1048564]\nexit"                                               },
    {"skb of a socket filter from the link header",    kSocket, "r6 = r1\nr0 = *(u32 *)skb[-2097146]\nexit"                                               },
    {"skb of a socket filter across both",             kSocket, "r6 = r1\nr0 = *(u32 *)skb[-2097140]\nexit"                                               },
    {"skb of a socket filter before the frame",        kSocket, "r6 = r1\nr7 = -1048577\nr0 = *(u8 *)skb[r7 + 0]\nexit"                                   },
};
const MapSpec kMap[] = {
    {.name = "m", .type = 2, .key_size = 4, .value_size = 16, .max_entries = 1}
};

/// A program of which both sides say the same.
struct Case {
  std::string name;
  program::Type type = kXdp;
  std::string text;
};

std::vector<Case> alu_cases() {
  std::vector<Case> cases;
  for (const auto& [name, text] : kAlu)
    for (char width : {'r', 'w'})
      for (bool immediate : {false, true})
        cases.push_back({fmt::format("{}{}{}", name, width, immediate ? " imm" : " reg"), kXdp,
                         alu_program(text, width, immediate)});
  return cases;
}

std::vector<Case> condition_cases() {
  std::vector<Case> cases;
  for (const auto& [name, text] : kConditions)
    for (char width : {'r', 'w'})
      for (bool immediate : {false, true})
        cases.push_back({fmt::format("{}{}{}", name, width, immediate ? " imm" : " reg"), kXdp,
                         condition_program(text, width, immediate)});
  return cases;
}

std::vector<Case> snippet_cases() {
  std::vector<Case> cases;
  for (const char* snippet : kSnippets) cases.push_back({snippet, kXdp, snippet_program(snippet)});
  return cases;
}

std::vector<Case> small_cases() {
  std::vector<Case> cases;
  for (const Small& small : kSmall) cases.push_back({small.name, small.type, small.text});
  return cases;
}

TestInput input() {
  TestInput input{.frame = std::vector<std::byte>(64)};
  for (size_t i = 0; i < input.frame.size(); ++i) input.frame[i] = static_cast<std::byte>(0x80 + i);
  return input;
}

void compare(const std::vector<Case>& cases) {
  for (const auto& [name, type, text] : cases) {
    const auto code = isa::assemble(text);
    ASSERT_TRUE(code) << name << ": " << code.error().message;
    Snippet snippet{type, *code};
    if (text.find("map[") != std::string::npos) snippet.maps = kMap;
    const auto ours = run_in_saya(snippet, input());
    ASSERT_TRUE(ours) << name << ": " << ours.error().message;
    const auto theirs = run_in_kernel(snippet, input());
    ASSERT_TRUE(theirs) << name << ": " << theirs.error().message;
    EXPECT_EQ(ours->verdict, theirs->verdict) << name;
  }
}

TEST(Alu, AgreesWithTheKernelOnEveryEdge) {
  SAYA_NEEDS_BPF();
  compare(alu_cases());
}

TEST(OneOperandAndMemory, AgreeWithTheKernelOnEveryEdge) {
  SAYA_NEEDS_BPF();
  compare(snippet_cases());
}

TEST(Conditions, AgreeWithTheKernelOnEveryEdge) {
  SAYA_NEEDS_BPF();
  compare(condition_cases());
}

TEST(JumpsCallsAndLoads, AgreeWithTheKernel) {
  SAYA_NEEDS_BPF();
  compare(small_cases());
}

// The gate: every row of isa/ops.def in every width and with every kind of operand occurs in one of these programs.

using isa::Insn;
using isa::Kind;
using isa::Width;
constexpr Width kWord = Width::w32, kDouble = Width::w64;
constexpr Width kEvery[] = {Width::w8, Width::w16, Width::w32, Width::w64};

/// The fields that tell two rows of the gate apart; the others are data.
Insn row_of(const Insn& insn) {
  Insn row = insn;
  row.dst = row.src = 0;
  row.offset = 0;
  row.jump = 0;
  row.imm = 0;
  if (row.kind == Kind::jump) row.imm_operand = false;
  return row;
}

std::vector<Insn> alu_rows() {
  std::vector<Insn> rows;
#define SAYA_ALU(name, code, offset, text) \
  for (Width width : {kWord, kDouble})     \
    for (bool immediate : {false, true})   \
      rows.push_back({.kind = Kind::alu, .alu = isa::Alu::name, .width = width, .imm_operand = immediate});
#define SAYA_SWAP(name, cls, source, text)                 \
  for (Width width : {Width::w16, Width::w32, Width::w64}) \
    rows.push_back({.kind = Kind::swap, .swap = isa::Swap::name, .width = width});
#include "isa/ops.def"
  for (Width width : {kWord, kDouble}) {
    rows.push_back({.kind = Kind::neg, .width = width});
    for (Width source : {Width::w8, Width::w16, Width::w32})
      if (source < width) rows.push_back({.kind = Kind::move_extend, .width = width, .source_width = source});
  }
  return rows;
}

std::vector<Insn> memory_rows() {
  std::vector<Insn> rows;
  for (Width width : kEvery) {
    rows.push_back({.kind = Kind::load, .width = width});
    for (bool immediate : {false, true})
      rows.push_back({.kind = Kind::store, .width = width, .imm_operand = immediate});
    if (width == kDouble) continue;
    rows.push_back({.kind = Kind::load_extend, .width = width});
    for (bool absolute : {false, true})
      rows.push_back({.kind = Kind::load_packet, .width = width, .imm_operand = absolute});
  }
#define SAYA_ATOMIC(name, code, text)                                     \
  for (Width width : kEvery)                                              \
    if (width >= kWord || isa::Atomic::name >= isa::Atomic::load_acquire) \
      rows.push_back({.kind = Kind::atomic, .atomic = isa::Atomic::name, .width = width});
#define SAYA_PSEUDO(name, number, doc) rows.push_back({.kind = Kind::load_imm, .pseudo = isa::Pseudo::name});
#include "isa/ops.def"
  return rows;
}

std::vector<Insn> flow_rows() {
  std::vector<Insn> rows;
#define SAYA_COND(name, code, text)      \
  for (Width width : {kWord, kDouble})   \
    for (bool immediate : {false, true}) \
      rows.push_back({.kind = Kind::branch, .cond = isa::Cond::name, .width = width, .imm_operand = immediate});
#define SAYA_CALLEE(name, number, doc) rows.push_back({.kind = Kind::call, .callee = isa::Callee::name});
#include "isa/ops.def"
  for (Width width : {kWord, kDouble}) rows.push_back({.kind = Kind::jump, .width = width});
  rows.push_back({.kind = Kind::may_goto});
  rows.push_back({.kind = Kind::exit});
  return rows;
}

struct Exempt {
  Insn row;
  const char* reason;
};
const Exempt kExempt[] = {
    {{.kind = Kind::load_imm, .pseudo = isa::Pseudo::map_fd},
     "a linked program names maps by index; loading makes them descriptors"                                            },
    {{.kind = Kind::load_imm, .pseudo = isa::Pseudo::map_value}, "the same"                                            },
    {{.kind = Kind::load_imm, .pseudo = isa::Pseudo::btf_id},    "saya has no kernel variables"                        },
    {{.kind = Kind::call, .callee = isa::Callee::kfunc},         "tests/parity/kfunc_*.bpf.c compares kernel functions"},
    {{.kind = Kind::call, .callee = isa::Callee::indirect},      "Linux refuses callx; RFC 9669 defines it"            },
};

bool contains(const std::vector<Insn>& rows, const Insn& row) { return std::ranges::find(rows, row) != rows.end(); }

TEST(OpcodeGate, EveryOpcodeWidthAndOperandIsComparedWithTheKernel) {
  std::vector<Insn> seen;
  for (const auto& cases : {alu_cases(), condition_cases(), snippet_cases(), small_cases()})
    for (const Case& one : cases) {
      const auto code = isa::assemble(one.text);
      ASSERT_TRUE(code) << one.name;
      const auto insns = isa::decode_all(*code);
      ASSERT_TRUE(insns) << one.name;
      for (const Insn& insn : *insns)
        if (const Insn row = row_of(insn); !contains(seen, row)) seen.push_back(row);
    }
  size_t rows = 0, exempt = 0;
  for (const auto& wanted : {alu_rows(), memory_rows(), flow_rows()})
    for (const Insn& row : wanted) {
      const bool excused = std::ranges::any_of(kExempt, [&](const Exempt& e) { return e.row == row; });
      EXPECT_NE(contains(seen, row), excused)
          << disassemble(row) << (excused ? " is exempt and has a case" : " has no case");
      ++rows;
      exempt += excused;
    }
  std::cout << fmt::format("gate: opcodes x width x operand: {} rows, {} compared with the kernel, {} exempt\n", rows,
                           rows - exempt, exempt);
}

}  // namespace
}  // namespace saya::tests
