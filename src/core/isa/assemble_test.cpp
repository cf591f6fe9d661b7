#include <gtest/gtest.h>

#include "isa/insn.h"

namespace saya::isa {
namespace {

std::string_view helper_name(uint32_t id) {
  return id == 1 ? "bpf_map_lookup_elem" : id == 14 ? "get_current_pid_tgid" : "";
}

/// The instructions of a program as text, which is easier to read than slots.
std::string read_back(std::string_view text) {
  const auto code = assemble(text, {helper_name});
  if (!code) return code.error().message;
  const auto insns = decode_all(*code);
  if (!insns) return "not decodable: " + insns.error().message;
  std::string all;
  for (const Insn& insn : *insns) all += (all.empty() ? "" : "; ") + disassemble(insn);
  return all;
}

struct TextCase {
  const char* what;
  const char* text;
  const char* reads_as;  ///< Or the error.
};

const TextCase kPrograms[] = {
    {"an empty text is an empty program",             "",                                                                    ""                                    },
    {"blank lines and comments vanish",               "\n  # one\n\t// two\nexit # three\nexit // four\r\n",                 "exit; exit"                          },
    {"a hash inside a call is no comment",            "call bpf_map_lookup_elem#1 # find",                                   "call unknown#1"                      },
    {"a label counts slots, not lines",               "goto end\nr1 = 0x5\nend: exit",                                       "goto pc+2; r1 = 0x5; exit"           },
    {"a label may come first",                        "again:\nr0 += 1\nif r0 < 5 goto again\nexit",                         "r0 += 1; if r0 < 0x5 goto pc-2; exit"},
    {"two labels may share a place",                  "goto b\na:\nb: exit",                                                 "goto pc+0; exit"                     },
    {"every jump takes a label",                      "x: gotol x\nmay_goto x\nif w1 == w2 goto x\ncall x\nr1 = subprog[x]",
     "gotol pc-1; may_goto pc-2; if w1 == w2 goto pc-3; call pc-4; r1 = subprog[-5]"                                                                               },
    {"a helper is called by number",                  "call 1",                                                              "call unknown#1"                      },
    {"a helper is called by name",                    "call bpf_map_lookup_elem",                                            "call unknown#1"                      },
    {"a helper's prefix may be missing in its table", "call bpf_get_current_pid_tgid",                                       "call unknown#14"                     },
    {"a helper's prefix may be missing in the text",  "call get_current_pid_tgid",                                           "call unknown#14"                     },
    {"a label hides a helper",                        "call bpf_map_lookup_elem\nexit\nbpf_map_lookup_elem: exit",           "call pc+1; exit; exit"               },
    {"a decimal constant is a move",                  "r1 = 5",                                                              "r1 = 5"                              },
    {"a hexadecimal constant is a 64-bit load",       "r1 = 0x5",                                                            "r1 = 0x5"                            },
    {"ll asks for a 64-bit load",                     "r1 = 5 ll",                                                           "r1 = 0x5"                            },
    {"what 32 bits cannot hold is a 64-bit load",     "r1 = 2147483648\nr2 = -2147483649",
     "r1 = 0x80000000; r2 = 0xffffffff7fffffff"                                                                                                                    },
    {"a 64-bit number counts by its bits",            "r1 = 18446744073709551615\nr2 = -9223372036854775808",
     "r1 = -1; r2 = 0x8000000000000000"                                                                                                                            },
    {"hexadecimal bits fill a 32-bit operand",        "w1 += 0xffffffff\nif r1 == 0xffffffff goto pc+0",
     "w1 += -1; if r1 == 0xffffffff goto pc+0"                                                                                                                     },
    {"blanks may stand anywhere between words",       "r0=*( u32*)( r1 + 4 )\n*(u8*)(r10-1)=7\nw3 s>>=2",
     "r0 = *(u32 *)(r1 +4); *(u8 *)(r10 -1) = 7; w3 s>>= 2"                                                                                                        },
    {"an address needs no offset",                    "r0 = *(u32 *)(r1)",                                                   "r0 = *(u32 *)(r1 +0)"                },
};

const TextCase kErrors[] = {
    {"an unknown word",                     "exit\nfoo",                              "line 2: 'foo': expected a register, r0..r10 or w0..w10"   },
    {"register 11",                         "r11 = 0",                                "line 1: 'r11': expected a register, r0..r10 or w0..w10"   },
    {"a register with a leading zero",      "r01 = 0",                                "line 1: 'r01': expected a register, r0..r10 or w0..w10"   },
    {"a missing operator",                  "r1",                                     "line 1: end of line: expected an operator such as = or +="},
    {"an unknown operator",                 "r1 == 2",                                "line 1: '==': expected an operator such as = or +="       },
    {"a missing operand",                   "r1 +=",                                  "line 1: end of line: expected a number"                   },
    {"mixed widths",                        "r1 = w2",                                "line 1: 'w2': expected a 64-bit register, r0..r10"        },
    {"mixed widths in a comparison",        "if w1 > r2 goto pc+1",                   "line 1: 'r2': expected a 32-bit register, w0..w10"        },
    {"more words than an instruction",      "exit now",                               "line 1: 'now': expected end of line"                      },
    {"a letter in a number",                "r1 += 5x",                               "line 1: '5x': expected a number"                          },
    {"an immediate beyond 32 bits",         "r1 += 2147483648",
     "line 1: '2147483648': expected a number in -2147483648..2147483647"                                                                        },
    {"an immediate far below 32 bits",      "r1 += -2147483649",
     "line 1: '2147483649': expected a number in -2147483648..2147483647"                                                                        },
    {"bits that would sign-extend",         "r1 += 0xffffffff",
     "line 1: '0xffffffff': expected a number in -2147483648..2147483647"                                                                        },
    {"a constant beyond 64 bits",           "r1 = 18446744073709551616",
     "line 1: '18446744073709551616': expected a number of at most 64 bits"                                                                      },
    {"an offset beyond 16 bits",            "r0 = *(u8 *)(r1 +32768)",                "line 1: '32768': expected a number in -32768..32767"      },
    {"a width that is none",                "r0 = *(u24 *)(r1 +0)",                   "line 1: 'u24': expected u8, u16, u32 or u64"              },
    {"a sign-extending load of 64 bits",    "r0 = *(s64 *)(r1 +0)",
     "line 1: '(': expected s8, s16 or s32 before an address"                                                                                    },
    {"a sign extension to the same width",  "w0 = (s32)w1",
     "line 1: 'w1': expected a narrower type than the register before it"                                                                        },
    {"neg of another register",             "r1 = -r2",                               "line 1: 'r2': expected the destination register"          },
    {"be16 of another register",            "r1 = be16 r2",                           "line 1: 'r2': expected the destination register"          },
    {"be24",                                "r1 = be24 r1",                           "line 1: 'be24': expected be16, be32, be64 or the like"    },
    {"a byte-wide atomic",                  "lock *(u8 *)(r1 +0) += r2",              "line 1: '(': expected u32 or u64 in an atomic operation"  },
    {"an atomic of the wrong family",       "r2 = atomic_xchg((u64 *)(r1 +0), r2)",
     "line 1: '(': expected u32 in an atomic operation"                                                                                          },
    {"an old value for the wrong register", "r3 = atomic64_xchg((u64 *)(r1 +0), r2)",
     "line 1: 'r2': the old value goes to r2, not r3"                                                                                            },
    {"a packet load elsewhere than r0",     "r1 = *(u8 *)skb[0]",
     "line 1: 'skb': expected r0 as the destination of a packet load"                                                                            },
    {"a label that is missing",             "exit\ngoto nowhere",                     "line 2: 'nowhere': no such label"                         },
    {"a function that is missing",          "call nothing",                           "line 1: 'nothing': no such label or helper"               },
    {"a label that stands twice",           "a: exit\na: exit",                       "line 2: 'a': label already stands in line 1"              },
    {"a jump by pc beyond 16 bits",         "goto pc+40000",                          "line 1: '40000': expected a number in -32768..32767"      },
    {"a jump to a number",                  "goto 5",                                 "line 1: '5': expected a label or pc+N"                    },
    {"a call of nothing",                   "call",                                   "line 1: end of line: expected a number"                   },
    {"a stray character",                   "r1 = \x01",                              "line 1: '\x01': expected a number"                        },
};

class Text : public testing::TestWithParam<TextCase> {};
TEST_P(Text, ReadsAs) {
  const TextCase& c = GetParam();
  EXPECT_EQ(read_back(c.text), c.reads_as) << c.what;
}
INSTANTIATE_TEST_SUITE_P(Programs, Text, testing::ValuesIn(kPrograms));
INSTANTIATE_TEST_SUITE_P(Errors, Text, testing::ValuesIn(kErrors));

TEST(Assemble, RefusesALabelTooFarForAShortJump) {
  std::string text = "goto end\n";
  for (int i = 0; i < 32768; ++i) text += "r0 = 0\n";
  EXPECT_EQ(read_back(text + "end: exit"), "line 1: 'end': 32768 slots away, must be -32768..32767");
}

TEST(Assemble, ReachesAFarLabelWithALongJump) {
  std::string text = "gotol end\n";
  for (int i = 0; i < 32768; ++i) text += "r0 = 0\n";
  const auto code = assemble(text + "end: exit");
  ASSERT_TRUE(code.has_value());
  EXPECT_EQ(code->front().imm, 32768);
}

}  // namespace
}  // namespace saya::isa
