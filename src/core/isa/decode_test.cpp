#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "isa/insn.h"

namespace saya::isa {
namespace {

struct Refusal {
  const char* what;
  std::vector<RawInsn> code;
  const char* message;
};

// Recorded from Linux 6.18, but for the row marked "RFC".
const Refusal kRefusals[] = {
    {"an opcode nobody defines",                                  {{0xff}},                     "unknown opcode ff"                        },
    {"the second slot of a 64-bit load alone",                    {{0x00}},                     "unknown opcode 00"                        },
    {"neg with a source register",                                {{0x8c}},                     "unknown opcode 8c"                        },
    {"bswap with the source bit",                                 {{0xdf}},                     "unknown opcode df"                        },
    {"goto with the source bit",                                  {{0x0d}},                     "unknown opcode 0d"                        },
    {"exit in the 32-bit jump class",                             {{0x96}},                     "unknown opcode 96"                        },
    {"a 64-bit packet load",                                      {{0x38}},                     "unknown opcode 38"                        },
    {"a sign-extending load of 64 bits",                          {{0x99}},                     "unknown opcode 99"                        },
    {"a sign-extending load of 64 bits with imm",                 {{0x99, 0, 0, 1}},            "BPF_LDX uses reserved fields"             },
    {"a load in the atomic mode",                                 {{0xc1}},                     "BPF_LDX uses reserved fields"             },
    {"a load in the packet mode",                                 {{0x21}},                     "BPF_LDX uses reserved fields"             },
    {"a load with imm",                                           {{0x61, 0x10, 0, 1}},         "BPF_LDX uses reserved fields"             },
    {"a load into r11",                                           {{0x61, 0x1b}},               "R11 is invalid"                           },
    {"a load from r11 into r12, source first",                    {{0x61, 0xbc}},               "R11 is invalid"                           },
    {"a store of imm with a source",                              {{0x62, 0x1a, -4, 1}},        "BPF_ST uses reserved fields"              },
    {"a store of imm to r11",                                     {{0x62, 0x0b}},               "R11 is invalid"                           },
    {"a store of a register with imm",                            {{0x63, 0x1a, -4, 1}},        "BPF_STX uses reserved fields"             },
    {"a store of r11",                                            {{0x63, 0xb1}},               "R11 is invalid"                           },
    {"add of imm with a source",                                  {{0x07, 0x20, 0, 2}},         "BPF_ALU uses reserved fields"             },
    {"add with the offset of sdiv",                               {{0x07, 0x00, 1, 2}},         "BPF_ALU uses reserved fields"             },
    {"add of a register with imm",                                {{0x0f, 0x10, 0, 2}},         "BPF_ALU uses reserved fields"             },
    {"add of imm to r11 with a source",                           {{0x07, 0xbb, 0, 0}},         "BPF_ALU uses reserved fields"             },
    {"add of r11 to r12, source first",                           {{0x0f, 0xbc}},               "R11 is invalid"                           },
    {"div with offset 2",                                         {{0x37, 0x00, 2, 2}},         "BPF_ALU uses reserved fields"             },
    {"move of imm with an offset",                                {{0xb7, 0x00, 8, 1}},         "BPF_MOV uses reserved fields"             },
    {"move of imm with a source",                                 {{0xb7, 0x10, 0, 1}},         "BPF_MOV uses reserved fields"             },
    {"move of a register with imm",                               {{0xbf, 0x10, 0, 1}},         "BPF_MOV uses reserved fields"             },
    {"sign-extending move of 24 bits",                            {{0xbf, 0x10, 24, 0}},        "BPF_MOV uses reserved fields"             },
    {"sign-extending move of 32 in 32 bits",                      {{0xbc, 0x10, 32, 0}},        "BPF_MOV uses reserved fields"             },
    {"sign-extending move of 64 bits",                            {{0xbf, 0x10, 64, 0}},        "BPF_MOV uses reserved fields"             },
    {"move to r11",                                               {{0xb7, 0x0b, 0, 0}},         "R11 is invalid"                           },
    {"neg with imm",                                              {{0x87, 0x00, 0, 1}},         "BPF_NEG uses reserved fields"             },
    {"neg with offset",                                           {{0x84, 0x00, 1, 0}},         "BPF_NEG uses reserved fields"             },
    {"neg with a source",                                         {{0x84, 0xb0, 0, 0}},         "BPF_NEG uses reserved fields"             },
    {"neg of r11",                                                {{0x84, 0x0b, 0, 0}},         "R11 is invalid"                           },
    {"be8",                                                       {{0xdc, 0x00, 0, 8}},         "BPF_END uses reserved fields"             },
    {"bswap24",                                                   {{0xd7, 0x00, 0, 24}},        "BPF_END uses reserved fields"             },
    {"be16 with a source",                                        {{0xdc, 0x10, 0, 16}},        "BPF_END uses reserved fields"             },
    {"be16 of r11",                                               {{0xdc, 0x0b, 0, 16}},        "R11 is invalid"                           },
    {"atomic operation 2",                                        {{0xdb, 0x1a, -8, 2}},        "BPF_ATOMIC uses invalid atomic opcode 02" },
    {"exchange without fetch",                                    {{0xdb, 0x1a, -8, 0xe0}},     "BPF_ATOMIC uses invalid atomic opcode e0" },
    {"atomic operation 0x101",                                    {{0xc3, 0x1a, -8, 0x101}},    "BPF_ATOMIC uses invalid atomic opcode 101"},
    {"atomic add of a byte",                                      {{0xd3, 0x1a, -8, 0}},        "invalid atomic operand size"              },
    {"atomic exchange of 16 bits",                                {{0xcb, 0x1a, -8, 0xe1}},     "invalid atomic operand size"              },
    {"atomic add of r12 at r11, source first",                    {{0xdb, 0xcb, -8, 0}},        "R12 is invalid"                           },
    {"load-acquire from r11",                                     {{0xdb, 0xb0, -8, 0x100}},    "R11 is invalid"                           },
    {"goto with imm",                                             {{0x05, 0x00, 0, 1}},         "BPF_JA uses reserved fields"              },
    {"goto with a register",                                      {{0x05, 0x0b, 0, 0}},         "BPF_JA uses reserved fields"              },
    {"gotol with an offset",                                      {{0x06, 0x00, 1, 0}},         "BPF_JA uses reserved fields"              },
    {"a branch on imm with a source",                             {{0x15, 0x10, 0, 1}},         "BPF_JMP/JMP32 uses reserved fields"       },
    {"a branch on a register with imm",                           {{0x1e, 0x10, 0, 1}},         "BPF_JMP/JMP32 uses reserved fields"       },
    {"a branch on r12 and r11, destination first",                {{0x1d, 0xbc}},               "R12 is invalid"                           },
    {"may_goto with imm",                                         {{0xe5, 0x00, 0, -5}},        "invalid may_goto imm -5"                  },
    {"may_goto with a register",                                  {{0xe5, 0x01, 0, 0}},         "invalid may_goto imm 0"                   },
    {"a call of kind 3",                                          {{0x85, 0x30, 0, 1}},         "BPF_CALL uses reserved fields"            },
    {"a helper call with a destination",                          {{0x85, 0x01, 0, 1}},         "BPF_CALL uses reserved fields"            },
    {"a helper call with an offset",                              {{0x85, 0x00, 1, 1}},         "BPF_CALL uses reserved fields"            },
    {"exit with imm",                                             {{0x95, 0x00, 0, 1}},         "BPF_EXIT uses reserved fields"            },
    {"exit with a register",                                      {{0x95, 0x0b, 0, 0}},         "BPF_EXIT uses reserved fields"            },
    {"exit with an offset (RFC 9669 3.1; the kernel looks away)", {{0x95, 0, 1, 0}},            "BPF_EXIT uses reserved fields"            },
    {"a packet load with an offset",                              {{0x20, 0x00, 1, 0}},         "BPF_LD_[ABS|IND] uses reserved fields"    },
    {"a packet load at imm with a register",                      {{0x20, 0x10, 0, 0}},         "BPF_LD_[ABS|IND] uses reserved fields"    },
    {"a packet load at r11",                                      {{0x40, 0xb0, 0, 0}},         "R11 is invalid"                           },
    {"a 64-bit load cut off",                                     {{0x18}},                     "invalid bpf_ld_imm64 insn"                },
    {"a 64-bit load followed by a move",                          {{0x18}, {0xb7}},             "invalid bpf_ld_imm64 insn"                },
    {"a 64-bit load with registers in the second slot",           {{0x18}, {0, 0x10}},          "invalid bpf_ld_imm64 insn"                },
    {"a 64-bit load with an offset in the second slot",           {{0x18}, {0, 0, 1, 0}},       "invalid bpf_ld_imm64 insn"                },
    {"a 64-bit load of kind 7",                                   {{0x18, 0x70}, {}},           "unrecognized bpf_ld_imm64 insn"           },
    {"a map descriptor with an upper half",                       {{0x18, 0x10}, {0, 0, 0, 1}}, "unrecognized bpf_ld_imm64 insn"           },
    {"a 64-bit load with an offset",                              {{0x18, 0, 1, 0}, {}},        "BPF_LD_IMM64 uses reserved fields"        },
    {"a 64-bit load into r11",                                    {{0x18, 0x0b}, {}},           "R11 is invalid"                           },
};

class Refused : public testing::TestWithParam<Refusal> {};
TEST_P(Refused, InTheKernelsWords) {
  const Refusal& c = GetParam();
  const auto insn = decode(c.code, 0);
  ASSERT_FALSE(insn.has_value()) << c.what << ": " << disassemble(*insn);
  EXPECT_EQ(insn.error().message, c.message) << c.what;
  EXPECT_EQ(insn.error().code, Code::malformed) << c.what;
}
INSTANTIATE_TEST_SUITE_P(Decode, Refused, testing::ValuesIn(kRefusals));

// Every opcode that Linux 6.18 did not call unknown, recorded by loading each; and callx, which compilers emit.
const std::set<unsigned> kOpcodes = {0x04, 0x05, 0x06,
                                     0x07, 0x0c, 0x0f,
                                     0x14, 0x15, 0x16,
                                     0x17, 0x18, 0x1c,
                                     0x1d, 0x1e, 0x1f,
                                     0x20, 0x24, 0x25,
                                     0x26, 0x27, 0x28,
                                     0x2c, 0x2d, 0x2e,
                                     0x2f, 0x30, 0x34,
                                     0x35, 0x36, 0x37,
                                     0x3c, 0x3d, 0x3e,
                                     0x3f, 0x40, 0x44,
                                     0x45, 0x46, 0x47,
                                     0x48, 0x4c, 0x4d,
                                     0x4e, 0x4f, 0x50,
                                     0x54, 0x55, 0x56,
                                     0x57, 0x5c, 0x5d,
                                     0x5e, 0x5f, 0x61,
                                     0x62, 0x63, 0x64,
                                     0x65, 0x66, 0x67,
                                     0x69, 0x6a, 0x6b,
                                     0x6c, 0x6d, 0x6e,
                                     0x6f, 0x71, 0x72,
                                     0x73, 0x74, 0x75,
                                     0x76, 0x77, 0x79,
                                     0x7a, 0x7b, 0x7c,
                                     0x7d, 0x7e, 0x7f,
                                     0x81, 0x84, 0x85,
                                     0x87, 0x89, 0x91,
                                     0x94, 0x95, 0x97,
                                     0x9c, 0x9f, 0xa4,
                                     0xa5, 0xa6, 0xa7,
                                     0xac, 0xad, 0xae,
                                     0xaf, 0xb4, 0xb5,
                                     0xb6, 0xb7, 0xbc,
                                     0xbd, 0xbe, 0xbf,
                                     0xc3, 0xc4, 0xc5,
                                     0xc6, 0xc7, 0xcb,
                                     0xcc, 0xcd, 0xce,
                                     0xcf, 0xd3, 0xd4,
                                     0xd5, 0xd6, 0xd7,
                                     0xdb, 0xdc, 0xdd,
                                     0xde, 0xe5, /* callx */ 0x8d};

/// Whether some choice of the other fields makes `opcode` an instruction.
bool decodes_somehow(unsigned opcode) {
  for (int32_t imm : {0, 16, 0x100}) {
    const RawInsn code[] = {
        {static_cast<uint8_t>(opcode), 0, 0, imm},
        {}
    };
    if (decode(code, 0)) return true;
  }
  return false;
}

TEST(Decode, KnowsTheOpcodesTheKernelKnows) {
  for (unsigned opcode = 0; opcode < 256; ++opcode)
    EXPECT_EQ(decodes_somehow(opcode), kOpcodes.contains(opcode)) << "opcode " << opcode;
}

TEST(Decode, GivesEveryInstructionItsSlot) {
  const RawInsn code[] = {
      {0xb7},
      {0x18, 0x01, 0, 5},
      {},
      {0x95}
  };
  std::vector<uint32_t> slot_of;
  const auto insns = decode_all(code, &slot_of);
  ASSERT_TRUE(insns.has_value());
  EXPECT_EQ(insns->size(), 3u);
  EXPECT_EQ(slot_of, (std::vector<uint32_t>{0, 1, 3}));
}

TEST(Decode, SaysWhichSlotOfAProgramIsWrong) {
  const RawInsn code[] = {{0x18}, {}, {0xff}};
  const auto insns = decode_all(code);
  ASSERT_FALSE(insns.has_value());
  EXPECT_EQ(insns.error().message, "insn 2: unknown opcode ff");
}

TEST(Decode, JoinsTheHalvesOfA64BitImmediate) {
  const RawInsn code[] = {
      {0x18, 0x01, 0, -2        },
      {0,    0,    0, 0x11223344}
  };
  EXPECT_EQ(decode(code, 0)->imm, 0x11223344fffffffe);
}

TEST(Decode, SignExtendsTheDistanceOfACallback) {
  const RawInsn code[] = {
      {0x18, 0x41, 0, -2},
      {}
  };
  EXPECT_EQ(decode(code, 0)->imm, -2);
}

/// Random slots, biased to opcodes and fields that can decode.
class RandomSlots {
 public:
  RawInsn operator()() {
    static constexpr int16_t kOffsets[] = {0, 0, 0, 1, 8, 16, 32, -8, INT16_MIN, INT16_MAX};
    static constexpr int32_t kImms[] = {0,    0,    0,     1,     16, 32,        64,       0x41,
                                        0xe1, 0xf1, 0x100, 0x110, -1, INT32_MIN, INT32_MAX};
    return {static_cast<uint8_t>(random_()), registers(), kOffsets[random_() % std::size(kOffsets)],
            kImms[random_() % std::size(kImms)]};
  }

 private:
  uint8_t registers() {
    const uint8_t any = static_cast<uint8_t>(random_());
    return random_() % 2 ? any : any & 0x0f;
  }
  std::mt19937 random_{9669};
};

TEST(Decode, EncodesBackToTheSameSlotsWhateverItAccepts) {
  RandomSlots random;
  size_t accepted = 0;
  for (int i = 0; i < 400'000; ++i) {
    RawInsn code[] = {random(), i % 2 ? RawInsn{.imm = random().imm} : random()};
    const auto insn = decode(code, 0);
    if (!insn) continue;
    ++accepted;
    std::vector<RawInsn> again;
    encode(*insn, again);
    ASSERT_TRUE(std::ranges::equal(again, std::span(code).first(insn->slots()))) << disassemble(*insn);
  }
  EXPECT_GT(accepted, 10'000u) << "the generator hardly ever makes an instruction";
}

}  // namespace
}  // namespace saya::isa
