// Both engines over packets: what is refused when decoding, what stops a checked program and in which words, tail
// calls, and that the unchecked engine gives the checked one's answers.
#include "interp/interp.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <thread>

#include "abi/ctx.h"
#include "helper/table.h"
#include "interp/alu.h"
#include "interp/engine.h"
#include "map/map_of_maps.h"
#include "map/prog_array.h"
#include "packet/pool.h"
#include "packet/tc_entry.h"
#include "support/case_name.h"
#include "support/ear.h"

namespace saya::interp {
namespace {

using abi::Hook;
using program::Type;
using tests::case_name;

constexpr std::array<std::byte, 4> kFirst{};  ///< The key 0.

/// A packet, maps and services, and programs from text over them.
class Rig {
 public:
  Rig() {
    const MapSpec specs[] = {
        {.name = "values", .type = 2, .key_size = 4, .value_size = 12, .max_entries = 2},
        {.name = "fixed", .type = 2, .key_size = 4, .value_size = 8, .max_entries = 1, .flags = kMapReadOnlyProgram},
        {.name = "secret", .type = 2, .key_size = 4, .value_size = 8, .max_entries = 1, .flags = kMapWriteOnlyProgram},
        {.name = "progs", .type = 3, .key_size = 4, .value_size = 4, .max_entries = 2},
    };
    for (const MapSpec& spec : specs) maps.push_back(create_map(spec, {}).value());
    for (const uint32_t type : {12u, 13u}) {
      MapSpec outer{.name = "outer", .type = type, .key_size = 4, .value_size = 4, .max_entries = 2};
      outer.inner = std::make_shared<MapSpec>(specs[0]);
      maps.push_back(create_map(outer, {}).value());
      set_inner(maps.size() - 1);
    }
    std::array<std::byte, 54> frame{};
    for (size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<std::byte>(i);
    packet = pool->allocate(frame);
    enter_tc_ingress(*packet, {.ifindex = 3});
  }

  /// A program in a slot keeps its maps, and so the slot, alive.
  ~Rig() {
    for (uint32_t slot : {0u, 1u}) (void)static_cast<ProgArray&>(*maps[3]).set(slot, nullptr);
  }

  /// Puts a new inner map under key 0 of the map of maps `index`. No program has it among its maps.
  void set_inner(size_t index) {
    auto& outer = static_cast<MapOfMaps&>(*maps[index]);
    const MapSpec& spec = *outer.spec().inner;
    EXPECT_TRUE(outer.set(kFirst, create_map(spec, {}).value()));
  }

  program::ProgramPtr link(Type type, std::string_view text) const {
    const auto code = isa::assemble(text, {helper::name_of});
    EXPECT_TRUE(code) << (code ? "" : code.error().message);
    auto program = std::make_shared<program::Program>(
        *program::from_code("test", code ? *code : std::vector<isa::RawInsn>{}, type));
    program->maps = maps;
    program->lines = {
        {.insn = 0, .file = "test.c", .line = 7, .column = 1, .text = "line"}
    };
    return program;
  }

  uint64_t run(const abi::Executable& program) {
    last = {.packet = packet.get(), .services = &services};
    uint64_t r0 = 0;
    program.run({&last, 1}, {&r0, 1});
    return r0;
  }

  std::unique_ptr<Pool> pool = Pool::create(8).value();
  std::vector<MapPtr> maps;
  PacketPtr packet;
  VirtualClock clock{5};
  abi::Random random{1};
  tests::Ear ear;
  abi::Services services{.clock = &clock, .random = &random, .listener = &ear};
  abi::Run last;
};

struct Case {
  const char* name;
  Type type;
  const char* text;
  const char* words;  ///< Part of the message.
};

// ---- Refused when decoding

const Case kRefused[] = {
    {"a helper of the other hook",             Type::xdp,    "call 26\nexit",
     "insn 0: program of this type cannot use helper bpf_skb_load_bytes#26"                                                                    },
    {"ld_abs at xdp",                          Type::xdp,    "r0 = *(u8 *)skb[0]\nexit",    "insn 0: BPF_LD_[ABS|IND] instructions not allowed"},
    {"a map that the program has not",         Type::xdp,    "r1 = map[idx:9]\nexit",       "insn 0: map 9 of 6"                               },
    {"a value of a map without a first value", Type::xdp,    "r1 = map[idx:3][0]+0\nexit",  "map 'progs' is no array"                          },
    {"an offset behind a map's value",         Type::xdp,    "r1 = map[idx:0][0]+12\nexit",
     "invalid access to map value pointer, map 'values' value_size=12 off=12"                                                                  },
    {"a map by descriptor",                    Type::xdp,    "r1 = map[fd:5]\nexit",        "fd 5 is not pointing to valid bpf_map"            },
    {"a program type that is no hook",         Type::unspec, "exit",                        "program 'test' has type 0"                        },
};

class Refused : public testing::TestWithParam<Case> {};
TEST_P(Refused, NamesTheSlot) {
  const Rig rig;
  const auto program = run_checked(rig.link(GetParam().type, GetParam().text), helper::table());
  ASSERT_FALSE(program);
  EXPECT_NE(program.error().message.find(GetParam().words), std::string::npos) << program.error().message;
}
INSTANTIATE_TEST_SUITE_P(Decoding, Refused, testing::ValuesIn(kRefused), case_name);

TEST(Decoding, AGplOnlyHelperNeedsAGplCompatibleLicence) {
  const Rig rig;
  program::Program program = *rig.link(Type::xdp, "call bpf_trace_printk\nexit");
  EXPECT_TRUE(run_checked(std::make_shared<program::Program>(program), helper::table()));
  program.gpl_compatible = false;
  const auto refused = run_checked(std::make_shared<program::Program>(program), helper::table());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("insn 0: bpf_trace_printk#6: cannot call GPL-restricted function"),
            std::string::npos)
      << refused.error().message;
}

// ---- Stopped while running

#define IN_INNER "if r0 == 0 goto end\nr1 = r0\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nif r0 == 0 goto end\n"
#define LOOKUP(map) "*(u32 *)(r10 -4) = 0\nr1 = map[idx:" map "]\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\n"

const Case kStopped[] = {
    {"a load into the frame pointer",                   Type::xdp,       "r10 = *(u64 *)(r1 +0)\nexit",                                          "frame pointer is read only"                                                                         },
    {"an atomic into the frame pointer",                Type::xdp,       "r10 = atomic64_xchg((u64 *)(r10 -8), r10)\nexit",
     "frame pointer is read only"                                                                                                                                                                                                                     },
    {"reading past the frame",                          Type::xdp,       "r2 = *(u32 *)(r1 +0)\nr0 = *(u32 *)(r2 +52)\nexit",
     "insn 1: r0 = *(u32 *)(r2 +52) at test.c:7 reads 4 bytes at data+52"                                                                                                                                                                             },
    {"reading past the frame, the distance",            Type::xdp,       "r2 = *(u32 *)(r1 +0)\nr0 = *(u32 *)(r2 +52)\nexit",
     ", 2 bytes past the end of the frame (54 bytes)"                                                                                                                                                                                                 },
    {"reading before the metadata",                     Type::xdp,       "r2 = *(u32 *)(r1 +0)\nr0 = *(u8 *)(r2 -1)\nexit",
     ", 1 byte before the start of the frame (54 bytes)"                                                                                                                                                                                              },
    {"writing past the frame",                          Type::xdp,       "r2 = *(u32 *)(r1 +4)\n*(u8 *)(r2 +0) = 1\nexit",                       "writes 1 byte at data+54"                                                                           },
    {"a stale packet pointer",                          Type::xdp,
     "r6 = *(u32 *)(r1 +0)\nr2 = 20\ncall bpf_xdp_adjust_head\nr0 = *(u8 *)(r6 +0)\nexit",                                                       "20 bytes before the start of the frame (34 bytes)"                                                  },
    {"a context field that is none",                    Type::xdp,       "r0 = *(u32 *)(r1 +20)\nexit",
     "makes an invalid bpf_context access off=20 size=4"                                                                                                                                                                                              },
    {"a narrow load of a packet pointer",               Type::xdp,       "r0 = *(u16 *)(r1 +0)\nexit",
     "makes an invalid bpf_context access off=0 size=2"                                                                                                                                                                                               },
    {"a store to a read-only field",                    Type::sched_cls, "*(u32 *)(r1 +0) = 1\nexit",
     "makes an invalid bpf_context access off=0 size=4"                                                                                                                                                                                               },
    {"a narrow store to a writable field",              Type::sched_cls, "*(u16 *)(r1 +8) = 1\nexit",
     "makes an invalid bpf_context access off=8 size=2"                                                                                                                                                                                               },
    {"a context access through a moved pointer",        Type::xdp,       "r1 += 20\nr0 = *(u32 *)(r1 +0)\nexit",
     "makes an invalid bpf_context access off=20 size=4"                                                                                                                                                                                              },
    {"reading behind the context",                      Type::xdp,       "r0 = *(u64 *)(r1 +24)\nexit",
     "8 bytes past the end of the context (24 bytes)"                                                                                                                                                                                                 },
    {"an atomic on the packet",                         Type::xdp,       "r2 = *(u32 *)(r1 +0)\nr3 = 1\nlock *(u32 *)(r2 +0) += r3\nexit",
     "is a BPF_ATOMIC store into R2 pkt, which is not allowed"                                                                                                                                                                                        },
    {"an atomic on the context",                        Type::sched_cls, "r3 = 1\nlock *(u32 *)(r1 +8) += r3\nexit",
     "is a BPF_ATOMIC store into R1 ctx, which is not allowed"                                                                                                                                                                                        },
    {"a lookup that is not checked for null",           Type::xdp,
     "*(u32 *)(r10 -4) = 7\nr1 = map[idx:0]\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nr0 = *(u64 *)(r0 +0)\nexit",                          "which is a null pointer"                                                                            },
    {"reading a map past what it says of itself",       Type::xdp,       "r1 = map[idx:0]\nr0 = *(u64 *)(r1 +292)\nexit",
     "reads 8 bytes at"                                                                                                                                                                                                                               },
    {"writing a map that programs may only read",       Type::xdp,       LOOKUP("1") "*(u64 *)(r0 +0) = 1\nexit",
     "in map 'fixed', which programs may not write"                                                                                                                                                                                                   },
    {"reading a map that programs may only write",      Type::xdp,       LOOKUP("2") "r0 = *(u64 *)(r0 +0)\nexit",
     "in map 'secret', which programs may not read"                                                                                                                                                                                                   },
    {"reading across the end of the last value",        Type::xdp,
     "*(u32 *)(r10 -4) = 1\nr1 = map[idx:0]\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nr0 = *(u64 *)(r0 +8)\nexit",                          "4 bytes past the end of the map value (12 bytes)"                                                   },
    {"a helper without the context",                    Type::xdp,       "r1 = r10\nr2 = 0\ncall bpf_xdp_adjust_head\nexit",
     "hands bpf_xdp_adjust_head R1, which is not the context"                                                                                                                                                                                         },
    {"a helper without a map",                          Type::xdp,       "r1 = 1\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nexit",
     "hands bpf_map_lookup_elem R1, which is no map of this program"                                                                                                                                                                                  },
    {"a key that is no memory",                         Type::xdp,       "r1 = map[idx:0]\nr2 = 0\ncall bpf_map_lookup_elem\nexit",
     "hands bpf_map_lookup_elem R2, which reads 4 bytes at 0x0, which is a null pointer"                                                                                                                                                              },
    {"a value that is not all there",                   Type::xdp,
     "r1 = map[idx:0]\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -8\nr4 = 0\ncall bpf_map_update_elem\nexit",                                          "reads 12 bytes at"                                                                                  },
    {"packet memory for a helper that changes packets", Type::sched_cls,
     "r3 = *(u32 *)(r1 +76)\nr2 = 0\nr4 = 4\nr5 = 0\ncall bpf_skb_store_bytes\nexit",                                                            "but helper access to the packet is not allowed"                                                     },
    {"read-only memory to be written by a helper",      Type::sched_cls,
     "r6 = r1\n" LOOKUP("1") "r1 = r6\nr2 = 0\nr3 = r0\nr4 = 4\ncall bpf_skb_load_bytes\nexit",
     "in map 'fixed', which programs may not write"                                                                                                                                                                                                   },
    {"a size of zero",                                  Type::sched_cls, "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 0\ncall bpf_skb_load_bytes\nexit",
     "hands bpf_skb_load_bytes R4 = 0, an invalid zero-sized access"                                                                                                                                                                                  },
    {"a tail call into an array",                       Type::xdp,       "r2 = map[idx:0]\nr3 = 0\ncall bpf_tail_call\nexit",
     "map 'values', expected prog array map for tail call"                                                                                                                                                                                            },
    {"an update of a map of maps",                      Type::xdp,
     "r1 = map[idx:4]\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -4\nr4 = 0\ncall bpf_map_update_elem\nexit",                                          "hands bpf_map_update_elem R1 = map 'outer', cannot pass map_type 12 into func bpf_map_update_elem#2"},
    {"an erasure from a map of maps",                   Type::xdp,       "r1 = map[idx:5]\nr2 = r10\nr2 += -4\ncall bpf_map_delete_elem\nexit",
     "cannot pass map_type 13 into func bpf_map_delete_elem#3"                                                                                                                                                                                        },
    {"a lookup in a prog array",                        Type::xdp,       LOOKUP("3") "exit",
     "cannot pass map_type 3 into func bpf_map_lookup_elem#1"                                                                                                                                                                                         },
    {"a tail call into a map of maps",                  Type::xdp,       "r2 = map[idx:4]\nr3 = 0\ncall bpf_tail_call\nexit",
     "map 'outer', expected prog array map for tail call"                                                                                                                                                                                             },
    {"reading an inner map past what it says",          Type::xdp,       LOOKUP("4") "r0 = *(u64 *)(r0 +292)\nexit",
     "reads 8 bytes at"                                                                                                                                                                                                                               },
    {"writing an inner map as memory",                  Type::xdp,       LOOKUP("5") "*(u64 *)(r0 +0) = 1\nexit",                                "writes 8 bytes at"                                                                                  },
    {"an inner map as a key",                           Type::xdp,       LOOKUP("4") "r2 = r0\nr1 = map[idx:0]\ncall bpf_map_lookup_elem\nexit",
     "hands bpf_map_lookup_elem R2, which reads 4 bytes at"                                                                                                                                                                                           },
    {"an inner map and a bit",                          Type::xdp,
     LOOKUP("4") "r1 = r0\nr1 += 8\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nexit",
     "hands bpf_map_lookup_elem R1, which is no map of this program"                                                                                                                                                                                  },
    {"an inner map that is not checked for null",       Type::xdp,
     "*(u32 *)(r10 -4) = 1\nr1 = map[idx:4]\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nr1 = r0\nr2 = r10\nr2 += "
     "-4\n"
     "call bpf_map_lookup_elem\nexit",                                                                                                           "hands bpf_map_lookup_elem R1, which is no map of this program"                                      },
    {"past the end of an inner map's value",            Type::xdp,       LOOKUP("4") IN_INNER "r0 = *(u64 *)(r0 +24)\nend: exit",
     "4 bytes past the end of the map value (12 bytes)"                                                                                                                                                                                               },
    {"recursion",                                       Type::xdp,       "f: call f\nexit",                                                      "makes the call stack 9 frames deep"                                                                 },
    {"recursion through callbacks",                     Type::xdp,       "f: r1 = 1\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall bpf_loop\nexit",
     "makes the call stack 9 frames deep"                                                                                                                                                                                                             },
    {"an endless loop",                                 Type::xdp,       "l: if r0 == 0 goto l\nexit",                                           "is past the limit of 1000 backward jumps and calls"                                                 },
    {"an endless loop of callbacks",                    Type::xdp,
     "r1 = 5000\nr2 = subprog[f]\nr3 = 0\nr4 = 0\ncall bpf_loop\nexit\nf: r0 = 0\nexit",                                                         "is past the limit of 1000 backward jumps and calls"                                                 },
    {"the end of the address space",                    Type::xdp,       "r2 = -1\nr0 = *(u64 *)(r2 +0)\nexit",                                  "nowhere near"                                                                                       },
    {"a span that wraps",                               Type::xdp,       "r1 = map[idx:0]\nr2 = -2\ncall bpf_map_lookup_elem\nexit",
     "reads 4 bytes at 0xfffffffffffffffe"                                                                                                                                                                                                            },
};

class Stopped : public testing::TestWithParam<Case> {};
TEST_P(Stopped, SaysWhy) {
  Rig rig;
  const auto program =
      run_checked(rig.link(GetParam().type, GetParam().text), helper::table(), {.backward_jumps = 1000});
  ASSERT_TRUE(program) << program.error().message;
  rig.run(**program);
  EXPECT_TRUE(rig.last.faulted);
  ASSERT_EQ(rig.ear.faults.size(), 1u);
  EXPECT_NE(rig.ear.faults[0].message.find(GetParam().words), std::string::npos) << rig.ear.faults[0].message;
}
INSTANTIATE_TEST_SUITE_P(Running, Stopped, testing::ValuesIn(kStopped), case_name);

// ---- Both engines

/// What a verifier would prove: every access through r1 or r6 goes to the context.
program::Facts facts_of(const program::Program& program, Hook hook) {
  program::Facts facts{.ctx_field = std::vector<uint8_t>(program.code.size())};
  for (size_t slot = 0; slot < program.code.size(); ++slot) {
    const auto insn = isa::decode(program.code, slot);
    if (!insn) continue;
    const bool store = insn->kind == isa::Kind::store;
    const uint8_t base = store ? insn->dst : insn->src;
    if ((!store && insn->kind != isa::Kind::load && insn->kind != isa::Kind::load_extend) || (base != 1 && base != 6))
      continue;
    const auto* field = abi::find_ctx_access(hook, static_cast<uint32_t>(insn->offset), isa::bytes(insn->width), store);
    if (field) facts.ctx_field[slot] = static_cast<uint8_t>(1 + (field - abi::ctx_fields().data()));
  }
  return facts;
}

abi::ExecutablePtr build(const Rig& rig, Type type, std::string_view text, bool checked) {
  const auto program = rig.link(type, text);
  const auto made = checked ? run_checked(program, helper::table())
                            : make_unchecked(program, helper::table(), facts_of(*program, *program::hook_of(type)));
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made.value_or(nullptr);
}

struct Sound {
  const char* name;
  Type type;
  const char* text;
  uint64_t r0;
};

const Sound kSound[] = {
    {"packet bytes",                             Type::xdp,       "r2 = *(u32 *)(r1 +0)\nr0 = *(u8 *)(r2 +53)\nexit",            53        },
    {"a packet's length",                        Type::xdp,       "r2 = *(u32 *)(r1 +0)\nr0 = *(u32 *)(r1 +4)\nr0 -= r2\nexit",  54        },
    {"a narrow context load",                    Type::sched_cls, "r0 = *(u8 *)(r1 +0)\nexit",                                   54        },
    {"an upper byte of a narrow member",         Type::sched_cls, "r0 = *(u8 *)(r1 +47)\nexit",                                  0         },
    {"both halves of a narrow member",           Type::sched_cls, "*(u32 *)(r1 +44) = 5\nr0 = *(u16 *)(r1 +46)\nexit",           5         },
    {"a sign-extending context load",            Type::sched_cls, "*(u32 *)(r1 +8) = 128\nr0 = *(s8 *)(r1 +8)\nexit",
     static_cast<uint64_t>(-128)                                                                                                           },
    {"a context store of a register",            Type::sched_cls, "r2 = 77\n*(u32 *)(r1 +32) = r2\nr0 = *(u32 *)(r1 +32)\nexit",
     77                                                                                                                                    },
    {"scratch of eight bytes",                   Type::sched_cls,
     "r2 = 0x1122334455667788\n*(u64 *)(r1 +48) = r2\nr0 = *(u32 *)(r1 +52)\nexit",                                              0x11223344},
    {"a value of a map by its address",          Type::xdp,
     "r2 = map[idx:0][0]+4\n*(u32 *)(r2 +0) = 9\nr0 = *(u32 *)(r2 +0)\nexit",                                                    9         },
    {"a value of a map by lookup",               Type::xdp,
     LOOKUP("0") "if r0 == 0 goto end\n*(u64 *)(r0 +0) = 6\nr0 = *(u64 *)(r0 +0)\nend: exit",                                    6         },
    {"an atomic on a map",                       Type::xdp,
     LOOKUP("0") "if r0 == 0 goto end\nr1 = 4\nlock *(u64 *)(r0 +0) += r1\nr0 = *(u64 *)(r0 +0)\nend: exit",                     4         },
    {"a value of an inner map of an array",      Type::xdp,
     LOOKUP("4") IN_INNER "*(u64 *)(r0 +0) = 6\nr0 = *(u64 *)(r0 +0)\nend: exit",                                                6         },
    {"a value of an inner map of a hash",        Type::xdp,
     LOOKUP("5") IN_INNER "*(u64 *)(r0 +0) = 6\nr0 = *(u64 *)(r0 +0)\nend: exit",                                                6         },
    {"an inner map kept on the stack",           Type::xdp,
     LOOKUP("4") "*(u64 *)(r10 -16) = r0\n" LOOKUP("5") "r0 = *(u64 *)(r10 -16)\n" IN_INNER "r0 = 8\nend: exit",                 8         },
    {"a key of a map of maps that is not there", Type::xdp,
     "*(u32 *)(r10 -4) = 7\nr1 = map[idx:5]\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nexit",                                0         },
    {"the clock",                                Type::xdp,       "call bpf_ktime_get_ns\nexit",                                 5         },
    {"callbacks",                                Type::xdp,
     "r1 = 5\nr2 = subprog[f]\nr3 = r10\nr3 += -8\nr4 = 0\ncall bpf_loop\nr0 = *(u64 *)(r10 -8)\nexit\n"
     "f: r3 = *(u64 *)(r2 +0)\nr3 += r1\n*(u64 *)(r2 +0) = r3\nr0 = 0\nexit",                                                    10        },
    {"local calls",                              Type::xdp,       "r1 = 20\ncall f\nr0 += 1\nexit\nf: r0 = r1\nr0 *= 2\nexit",   41        },
};

class Engines : public testing::TestWithParam<Sound> {};
TEST_P(Engines, GiveTheSameAnswer) {
  for (bool checked : {true, false}) {
    Rig rig;
    const auto program = build(rig, GetParam().type, GetParam().text, checked);
    ASSERT_TRUE(program);
    EXPECT_EQ(rig.run(*program), GetParam().r0) << (checked ? "checked" : "unchecked");
    EXPECT_TRUE(rig.ear.faults.empty()) << rig.ear.faults[0].message;
    EXPECT_EQ(rig.last.invoke, nullptr) << "an engine's callback outlives its run";
  }
}
INSTANTIATE_TEST_SUITE_P(Interp, Engines, testing::ValuesIn(kSound), case_name);

/// Every two-operand instruction, through both engines, means what alu.h says.
TEST(Engines, DispatchEveryOperationToItsMeaning) {
  constexpr uint64_t kEdges[] = {0, 1, 33, 0x80000000, 0xffffffff, uint64_t{1} << 63, UINT64_MAX};
  Rig rig;
#define SAYA_ALU(name, ...) isa::Alu::name,
  for (isa::Alu op : {
#include "isa/ops.def"
       })
    for (isa::Width width : {isa::Width::w32, isa::Width::w64})
      for (bool immediate : {false, true})
        for (uint64_t x : kEdges)
          for (uint64_t y : kEdges) {
            if (immediate) y = static_cast<uint64_t>(static_cast<int64_t>(static_cast<int32_t>(y)));
            std::vector<isa::RawInsn> code;
            const auto add = [&](isa::Insn insn) { isa::encode(insn, code); };
            add({.kind = isa::Kind::load_imm, .width = isa::Width::w64, .dst = 0, .imm = static_cast<int64_t>(x)});
            add({.kind = isa::Kind::load_imm, .width = isa::Width::w64, .dst = 2, .imm = static_cast<int64_t>(y)});
            isa::Insn insn{.kind = isa::Kind::alu, .alu = op, .width = width, .imm_operand = immediate};
            if (immediate)
              insn.imm = static_cast<int64_t>(y);
            else
              insn.src = 2;
            add(insn);
            add({.kind = isa::Kind::exit});
            const auto program = program::from_code("alu", code, Type::xdp);
            for (bool checked : {true, false}) {
              const auto made =
                  checked ? run_checked(program, helper::table()) : make_unchecked(program, helper::table(), {});
              ASSERT_TRUE(made) << made.error().message;
              ASSERT_EQ(rig.run(**made), alu(op, width, x, y))
                  << static_cast<int>(op) << ' ' << x << ", " << y << (immediate ? " imm" : " reg");
            }
          }
}

// ---- Tail calls

constexpr const char* kTailLoop =
    "r6 = r1\n" LOOKUP("0") "if r0 == 0 goto end\nr1 = 1\nlock *(u64 *)(r0 +0) += r1\nr7 = r0\nr1 = r6\n"
    "r2 = map[idx:3]\nr3 = 0\ncall bpf_tail_call\nr0 = *(u64 *)(r7 +0)\nend: exit";

TEST(Decoding, NamesWhatOnlyAKernelDefines) {
  const Rig rig;
  const std::pair<const char*, const char*> cases[] = {
      {"call kernel-function#0\nexit", "insn 0: kernel function 'bpf_foo' is not supported"          },
      {"call kernel-function#7\nexit", "insn 0: kernel function #7 is not supported"                 },
      {"r1 = btf[id:1]+0\nexit",       "insn 0: kernel variable 'runqueues': there is no kernel here"},
  };
  for (const auto& [text, words] : cases) {
    program::Program program = *rig.link(Type::xdp, text);
    program.externs = {
        {.name = "bpf_foo"},
        {.name = "runqueues", .kind = object::Extern::Kind::variable}
    };
    const auto refused = run_checked(std::make_shared<program::Program>(std::move(program)), helper::table());
    ASSERT_FALSE(refused) << text;
    EXPECT_TRUE(refused.error().message.ends_with(words)) << refused.error().message;
  }
}

TEST(Poison, StopsAProgramThatReachesIt) {
  for (const bool reached : {false, true}) {
    Rig rig;
    program::Program program =
        *rig.link(Type::xdp, fmt::format("r0 = 1\nif r0 == {} goto out\ncall 2002000003\nout: exit", reached ? 0 : 1));
    program.poisons = {
        {.insn = 2, .why = "there is no bpf_foo"}
    };
    const auto executable = run_checked(std::make_shared<program::Program>(std::move(program)), helper::table());
    ASSERT_TRUE(executable) << executable.error().message;
    const uint64_t r0 = rig.run(**executable);
    EXPECT_EQ(rig.last.faulted, reached);
    ASSERT_EQ(rig.ear.faults.size(), reached ? 1u : 0u);
    EXPECT_EQ(r0, reached ? 0u : 1u);
    if (!reached) continue;
    EXPECT_EQ(rig.ear.faults[0].message,
              "insn 2: call unknown#2002000003 at test.c:7 is poisoned: there is no bpf_foo");
  }
}

TEST(TailCalls, StopAfterThirtyFourExecutions) {
  for (bool first_checked : {true, false})
    for (bool second_checked : {true, false}) {
      Rig rig;
      const auto first = build(rig, Type::xdp, kTailLoop, first_checked);
      const auto second = build(rig, Type::xdp, kTailLoop, second_checked);
      ASSERT_TRUE(static_cast<ProgArray&>(*rig.maps[3]).set(0, second));
      EXPECT_EQ(rig.run(*first), 34u);
      EXPECT_EQ(rig.last.tail_calls, abi::kMaxTailCalls);
      EXPECT_TRUE(rig.ear.faults.empty());
    }
}

TEST(TailCalls, FallThroughWhenTheSlotIsEmptyOrMissing) {
  Rig rig;
  for (const char* index : {"1", "2", "-1"}) {
    const auto program =
        build(rig, Type::xdp, fmt::format("r2 = map[idx:3]\nr3 = {}\ncall bpf_tail_call\nr0 = 7\nexit", index), true);
    EXPECT_EQ(rig.run(*program), 7u);
    EXPECT_EQ(rig.last.tail_calls, 0u);
  }
}

TEST(TailCalls, FromAFunctionReturnToItsCaller) {
  for (bool target_checked : {true, false}) {
    Rig rig;
    const auto target = build(rig, Type::xdp, "r6 = 1\nr0 = 40\nexit", target_checked);
    ASSERT_TRUE(static_cast<ProgArray&>(*rig.maps[3]).set(0, target));
    const auto program = build(rig, Type::xdp,
                               "r6 = 2\ncall f\nr0 += r6\nexit\n"
                               "f: r2 = map[idx:3]\nr3 = 0\ncall bpf_tail_call\nr0 = 100\nexit",
                               true);
    EXPECT_EQ(rig.run(*program), 42u);
  }
}

TEST(TailCalls, AFaultInTheOtherProgramIsAFaultOfTheRun) {
  Rig rig;
  const auto target = build(rig, Type::xdp, "r0 = *(u8 *)(r2 +0)\nexit", true);
  ASSERT_TRUE(static_cast<ProgArray&>(*rig.maps[3]).set(0, target));
  const auto program = build(rig, Type::xdp, "r2 = map[idx:3]\nr3 = 0\ncall bpf_tail_call\nr0 = 7\nexit", false);
  rig.run(*program);
  EXPECT_TRUE(rig.last.faulted);
}

TEST(TailCalls, GiveNoAccessToTheMapsOfTheProgramBefore) {
  Rig rig;
  // The stack goes on to the next program, and so does what lies in it.
  auto target =
      std::make_shared<program::Program>(*rig.link(Type::xdp, "r2 = *(u64 *)(r10 -16)\nr0 = *(u64 *)(r2 +0)\nexit"));
  target->maps.clear();
  ASSERT_TRUE(static_cast<ProgArray&>(*rig.maps[3]).set(0, run_checked(target, helper::table()).value()));
  const auto program = build(rig, Type::xdp,
                             "r6 = r1\n" LOOKUP("0") "r7 = *(u64 *)(r0 +0)\n*(u64 *)(r10 -16) = r0\nr1 = r6\n"
                             "r2 = map[idx:3]\nr3 = 0\ncall bpf_tail_call\nr0 = 7\nexit",
                             true);
  rig.run(*program);
  EXPECT_TRUE(rig.last.faulted);
}

TEST(TailCalls, GiveNoAccessToTheInnerMapsOfTheProgramBefore) {
  Rig rig;
  const auto target =
      build(rig, Type::xdp, "r0 = *(u64 *)(r10 -16)\n*(u32 *)(r10 -4) = 0\n" IN_INNER "end: exit", true);
  ASSERT_TRUE(static_cast<ProgArray&>(*rig.maps[3]).set(0, target));
  const auto program = build(rig, Type::xdp,
                             "r6 = r1\n" LOOKUP("4") "*(u64 *)(r10 -16) = r0\nr1 = r6\n"
                             "r2 = map[idx:3]\nr3 = 0\ncall bpf_tail_call\nr0 = 7\nexit",
                             true);
  rig.run(*program);
  EXPECT_TRUE(rig.last.faulted);
}

TEST(MapsOfMaps, AnInnerMapOfOneRunIsNoneOfTheNext) {
  Rig rig;
  // The first run leaves the inner map's address in an ordinary value; the second finds it there.
  const auto program =
      build(rig, Type::xdp,
            LOOKUP("0") "if r0 == 0 goto end\nr6 = r0\nr0 = *(u64 *)(r6 +0)\nif r0 != 0 goto use\n" LOOKUP(
                "4") "*(u64 *)(r6 +0) = r0\ngoto end\nuse: " IN_INNER "end: r0 = 0\nexit",
            true);
  rig.run(*program);
  EXPECT_FALSE(rig.last.faulted);
  rig.run(*program);
  EXPECT_TRUE(rig.last.faulted);
}

// ---- The rest of the contract

TEST(Executables, KnowWhetherTheyMayWriteThePacket) {
  const Rig rig;
  EXPECT_FALSE(build(rig, Type::xdp, "*(u64 *)(r10 -8) = 1\nr0 = 2\nexit", true)->identity().writes_packet);
  EXPECT_TRUE(build(rig, Type::xdp, "r2 = map[idx:3]\nr3 = 0\ncall bpf_tail_call\nr0 = 2\nexit", true)
                  ->identity()
                  .writes_packet)
      << "the program in the slot may";
  EXPECT_TRUE(build(rig, Type::xdp, "r2 = *(u32 *)(r1 +0)\n*(u8 *)(r2 +0) = 1\nexit", true)->identity().writes_packet);
}

TEST(Executables, RunABurstInOrder) {
  Rig rig;
  const auto program =
      build(rig, Type::xdp, LOOKUP("0") "r1 = 1\nr1 = atomic64_fetch_add((u64 *)(r0 +0), r1)\nr0 = r1\nexit", true);
  std::array<abi::Run, 64> runs;
  for (abi::Run& run : runs) run = {.packet = rig.packet.get(), .services = &rig.services};
  std::array<uint64_t, 64> results{};
  program->run(runs, results);
  for (size_t i = 0; i < results.size(); ++i) EXPECT_EQ(results[i], i);
}

TEST(Executables, AreSharedByWorkersAndAtomicsAreAtomicBetweenThem) {
  constexpr uint64_t kBursts = 200, kBurst = 64, kWorkers = 4;
  Rig rig;
  const auto program = build(rig, Type::xdp, LOOKUP("0") "r1 = 1\nlock *(u64 *)(r0 +0) += r1\nr0 = 2\nexit", false);
  const auto work = [&] {
    std::array<abi::Run, kBurst> runs;
    std::array<uint64_t, kBurst> results;
    for (uint64_t burst = 0; burst < kBursts; ++burst) {
      for (abi::Run& run : runs) run = {.packet = rig.packet.get(), .services = &rig.services};
      program->run(runs, results);
    }
  };
  {
    std::vector<std::jthread> workers;
    for (uint64_t i = 0; i < kWorkers; ++i) workers.emplace_back(work);
  }
  uint64_t count = 0;
  std::memcpy(&count, rig.maps[0]->lookup(kFirst.data(), 0), sizeof count);
  EXPECT_EQ(count, kWorkers * kBursts * kBurst);
}

TEST(Redirects, SayWhere) {
  Rig rig;
  rig.run(*build(rig, Type::sched_cls, "r1 = 9\nr2 = 1\ncall bpf_redirect\nexit", true));
  EXPECT_EQ(rig.last.redirect.target, abi::Redirect::Target::interface_ingress);
  EXPECT_EQ(rig.last.redirect.number, 9u);
  rig.run(*build(rig, Type::xdp, "r1 = 8\nr2 = 0\ncall bpf_redirect\nexit", true));
  EXPECT_EQ(rig.last.redirect.target, abi::Redirect::Target::interface);
  EXPECT_EQ(rig.last.redirect.number, 8u);
}

// ---- Anything at all

/// A random instruction that decodes, with operands that have a chance to mean something.
isa::RawInsn random_insn(abi::Random& random) {
  constexpr int16_t kOffsets[] = {0, 1, 2, 4, 8, 12, 44, 76, 80, -1, -4, -8, -16, -512, 512, 3, -3, -5};
  constexpr int32_t kImmediates[] = {0,   1,  2,  3,    4,    6,    8,     9,     10,        11,       12,
                                     16,  23, 26, 28,   39,   44,   54,    64,    65,        181,      189,
                                     190, -1, -4, 0x41, 0xe1, 0xf1, 0x100, 0x110, INT32_MAX, INT32_MIN};
  for (;;) {
    const uint64_t bits = random.next();
    isa::RawInsn insn{.opcode = static_cast<uint8_t>(bits),
                      .registers = static_cast<uint8_t>((bits >> 8) % 10 | (bits >> 16) % 11 << 4),
                      .offset = kOffsets[(bits >> 24) % std::size(kOffsets)],
                      .imm = kImmediates[(bits >> 32) % std::size(kImmediates)]};
    if (bits >> 63) insn.offset = 0;
    if (bits >> 62 & 1) insn.set_src(0);
    const auto decoded = isa::decode({&insn, 1}, 0);
    if (decoded && decoded->kind != isa::Kind::load_imm) return insn;
  }
}

TEST(Anything, RunsOrIsRefusedButNeverCrashes) {
  constexpr const char* kUseful =
      "r6 = r1\nr2 = *(u32 *)(r1 +{})\nr7 = map[idx:0]\nr8 = r10\nr8 += -64\nr9 = map[idx:0][0]+0\nr5 = map[idx:3]\n"
      "r3 = subprog[f]\nr4 = 8\nf: w0 = 0\n";
  abi::Random random(42);
  size_t finished = 0, stopped = 0;
  for (int round = 0; round < 4000; ++round) {
    Rig rig;
    const bool xdp = random.next() % 2;
    auto program = std::make_shared<program::Program>(
        *rig.link(xdp ? Type::xdp : Type::sched_cls, fmt::format(kUseful, xdp ? 0 : 76)));
    for (uint64_t left = random.next() % 24; left > 0; --left) program->code.push_back(random_insn(random));
    isa::encode({.kind = isa::Kind::exit}, program->code);
    const auto made = run_checked(program, helper::table(), {.backward_jumps = 200});
    if (!made) continue;
    ASSERT_TRUE(static_cast<ProgArray&>(*rig.maps[3]).set(0, *made));
    rig.run(**made);
    EXPECT_EQ(rig.ear.faults.empty(), !rig.last.faulted);
    rig.last.faulted ? ++stopped : ++finished;
  }
  EXPECT_GT(finished, 100u);
  EXPECT_GT(stopped, 100u);
}

}  // namespace
}  // namespace saya::interp
