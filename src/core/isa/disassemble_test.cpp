#include "isa/insn.h"

#include <gtest/gtest.h>

namespace saya::isa {
namespace {

struct Logged {
  std::vector<RawInsn> code;
  std::string text;
};

std::vector<Logged> logged_by_the_kernel() {
  std::vector<Logged> all = {
#define SAYA_LOGGED(opcode, registers, offset, imm, upper, text) \
  {                                                              \
      {{opcode, registers, offset, imm}, {0, 0, 0, upper}}, \
      text \
},
#include "isa/verifier_log.def"
  };
  for (Logged& row : all)
    if (row.code[0].opcode != 0x18) row.code.pop_back();
  return all;
}

/// The helpers that occur in the log; one without the prefix, which disassemble() adds.
std::string_view helper_name(uint32_t id) {
  switch (id) {
    case 0: return "bpf_unspec";
    case 1: return "bpf_map_lookup_elem";
    case 2: return "map_update_elem";
    case 5: return "bpf_ktime_get_ns";
    case 6: return "bpf_trace_printk";
    case 25: return "bpf_perf_event_output";
    case 28: return "bpf_csum_diff";
    case 51: return "bpf_redirect_map";
    default: return "";
  }
}

TEST(Disassemble, PrintsWhatTheVerifierLogPrints) {
  for (const auto& [code, text] : logged_by_the_kernel()) {
    const auto insn = decode(code, 0);
    ASSERT_TRUE(insn.has_value()) << text << ": " << insn.error().message;
    EXPECT_EQ(disassemble(*insn, {helper_name}), text);
  }
}

TEST(Assemble, ReadsTheVerifierLog) {
  for (const auto& [code, text] : logged_by_the_kernel()) {
    const auto assembled = assemble(text);
    ASSERT_TRUE(assembled.has_value()) << text << ": " << assembled.error().message;
    EXPECT_EQ(*assembled, code) << text;
  }
}

struct Printed {
  Insn insn;
  const char* text;
};

// What the kernel's log prints as an address or by a name of the running kernel.
const Printed kPrinted[] = {
    {{.kind = Kind::load_imm, .pseudo = Pseudo::map_fd, .dst = 1, .imm = 3},                "r1 = map[fd:3]"                    },
    {{.kind = Kind::load_imm, .pseudo = Pseudo::map_value, .dst = 1, .imm = 3 | 8ll << 32}, "r1 = map[fd:3][0]+8"               },
    {{.kind = Kind::load_imm, .pseudo = Pseudo::map_index, .dst = 1, .imm = 3},             "r1 = map[idx:3]"                   },
    {{.kind = Kind::load_imm, .pseudo = Pseudo::map_index_value, .dst = 1, .imm = 3},       "r1 = map[idx:3][0]+0"              },
    {{.kind = Kind::load_imm, .pseudo = Pseudo::btf_id, .dst = 1, .imm = 7},                "r1 = btf[id:7]+0"                  },
    {{.kind = Kind::load_imm, .pseudo = Pseudo::func, .dst = 2, .imm = -5},                 "r2 = subprog[-5]"                  },
    {{.kind = Kind::call, .callee = Callee::indirect, .dst = 2},                            "callx r2"                          },
    {{.kind = Kind::call, .callee = Callee::kfunc, .imm = 12},                              "call kernel-function#12"           },
    {{.kind = Kind::call, .callee = Callee::kfunc, .offset = 1, .imm = 12},                 "call kernel-function#12 fd_index 1"},
};

TEST(Disassemble, PrintsReferencesByNumber) {
  for (const auto& [insn, text] : kPrinted) EXPECT_EQ(disassemble(insn), text);
}

}  // namespace
}  // namespace saya::isa
