// abi/ctx.def against the running kernel: every access that a program of any type could make is allowed by both or
// refused by both, what a load gives is what the kernel gives, and what a store leaves is what it leaves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "abi/ctx.h"
#include "helper/table.h"
#include "isa/insn.h"
#include "support/frames.h"
#include "support/needs_kernel.h"
#include "support/snippet.h"

namespace saya::tests {
namespace {

using abi::CtxAccess;
using abi::CtxField;
using abi::Hook;
using program::Type;

constexpr uint32_t kSizes[] = {1, 2, 4, 8};

struct Program {
  Type type;
  Hook hook;
  const char* name;
  /// What gives fields a value before they are looked at; r1 is the context before and after.
  std::string fill;
};

// Every byte of a field differs, so that a narrow load in the wrong place shows.
const Program kPrograms[] = {
    {Type::xdp, Hook::xdp, "xdp", "r6 = r1\nr2 = -12\ncall bpf_xdp_adjust_meta\nr1 = r6\n"},
    {Type::sched_cls, Hook::tc, "tc classifier",
     "r6 = r1\nr2 = 43144\nr3 = 24583\ncall bpf_skb_vlan_push\n"
     "r1 = r6\nr2 = 0x51525354\ncall bpf_set_hash\n"
     "r1 = r6\nr2 = 1\ncall bpf_skb_change_type\n"
     "r1 = r6\nr2 = 0x6162636465666768 ll\nr3 = 2\ncall bpf_skb_set_tstamp\nr1 = r6\n"
     "r2 = 0x11121314\n*(u32 *)(r1 +44) = r2\nr2 = 0x21222324\n*(u32 *)(r1 +72) = r2\n"
     "r2 = 0x1234\n*(u32 *)(r1 +12) = r2\n"},
    {Type::sched_act, Hook::tc, "tc action", "*(u32 *)(r1 +44) = 0x1112\n*(u32 *)(r1 +72) = 0x2122\n"},
    {Type::socket_filter, Hook::socket, "socket filter", ""},
};

TestInput input_for(Hook hook) {
  TestInput input{.frame = frame_of("udp4").value()};
  if (hook == Hook::xdp) return input;
  input.ctx = {
      {"mark",            0x01020304        },
      {"priority",        0x05060708        },
      {"ingress_ifindex", 0x090a0b0c        },
      {"cb0",             0x0d0e0f10        },
      {"cb1",             0x11121314        },
      {"cb2",             0x15161718        },
      {"cb3",             0x191a1b1c        },
      {"cb4",             0x1d1e1f20        },
      {"tstamp",          0x2122232425262728},
      {"wire_len",        0xff01            },
      {"gso_segs",        0x2d2e            },
      {"gso_size",        0x2f30            },
      {"hwtstamp",        0x3132333435363738},
  };
  return input;
}

/// Runs `text` on both sides: both refuse it, or both answer the same. Nothing when the kernel refuses.
std::optional<uint32_t> compare(const Program& program, const std::string& text, const std::string& what) {
  const auto code = isa::assemble(text, {helper::name_of});
  if (!code) {
    ADD_FAILURE() << what << ": " << code.error().message;
    return std::nullopt;
  }
  const Snippet snippet{program.type, *code};
  const TestInput input = input_for(program.hook);
  const auto ours = run_in_saya(snippet, input), theirs = run_in_kernel(snippet, input);
  EXPECT_EQ(ours.has_value(), theirs.has_value()) << what << ": " << (ours ? theirs : ours).error().message;
  if (!ours || !theirs) return std::nullopt;
  EXPECT_EQ(ours->verdict, theirs->verdict) << what;
  EXPECT_EQ(ours->frame, theirs->frame) << what;
  EXPECT_EQ(ours->ctx, theirs->ctx) << what;
  return theirs->verdict;
}

/// All eight bytes of a register in the four that a run answers with.
constexpr const char* kFold = "r2 = r0\nr2 >>= 32\nr2 *= 31\nr0 += r2\nexit";

std::string place(uint32_t offset, uint32_t size) { return fmt::format("*(u{} *)(r1 +{})", size * 8, offset); }

/// Loads it. Of addresses only what lies between them can be compared, of a socket's whether there is one.
std::string load_program(const Program& program, const CtxField* field, uint32_t offset, uint32_t size) {
  const uint32_t data = program.hook == Hook::xdp ? 0 : 76;
  std::string text = program.fill + "r0 = " + place(offset, size) + "\n";
  if (field && field->access == CtxAccess::packet_pointer && offset == data)
    text += place(data == 0 ? 4 : 80, 4).insert(0, "r2 = ") + "\nr2 -= r0\nr0 = r2\n";
  else if (field && field->access == CtxAccess::packet_pointer)
    text += "r2 = " + place(data, 4) + "\nr0 -= r2\n";
  else if (field && field->name == "sk")
    text += "if r0 == 0 goto none\nr0 = 1\nnone: ";
  return text + kFold;
}

/// Stores two values there, one from a register, and loads what the field has then.
std::string store_program(const CtxField* field, uint32_t offset, uint32_t size, bool immediate) {
  std::string text = immediate ? place(offset, size) + " = 0x7172\n"
                               : "r2 = 0xf1f2f3f4f5f6f7f8 ll\n" + place(offset, size) + " = r2\n";
  text += "r0 = 0\n";
  if (field && field->size >= 4) {
    const uint32_t step = field->size == 8 ? 8 : 4;
    for (uint32_t at = field->offset; at < field->offset + field->size; at += step)
      text += "r2 = " + place(at, step) + "\nr0 *= 7\nr0 += r2\n";
  }
  return text + kFold;
}

const CtxField* field_at(Hook hook, uint32_t offset) {
  for (const CtxField& field : abi::ctx_fields())
    if (field.hook == hook && offset >= field.offset && offset < uint32_t{field.offset} + field.size) return &field;
  return nullptr;
}

/// Fields whose value a test run cannot make other than zero. Their accesses are compared all the same.
struct Exempt {
  Hook hook;
  std::string_view field;
  const char* reason;
};
constexpr Exempt kExempt[] = {
    {Hook::xdp,    "rx_queue_index", "the loopback device has one queue"                                 },
    {Hook::tc,     "napi_id",        "a test run's packet came from no NAPI instance"                    },
    {Hook::socket, "napi_id",        "the same"                                                          },
    {Hook::socket, "queue_mapping",  "a test run does not take it, and a socket filter cannot write it"  },
    {Hook::socket, "vlan_present",   "the same"                                                          },
    {Hook::socket, "vlan_tci",       "the same"                                                          },
    {Hook::socket, "vlan_proto",     "the same"                                                          },
    {Hook::socket, "tc_index",       "the same"                                                          },
    {Hook::socket, "hash",           "the same"                                                          },
};

bool is_exempt(const CtxField& field) {
  return std::ranges::any_of(kExempt,
                             [&](const Exempt& e) { return e.hook == field.hook && e.field == field.name; });
}

/// Walks over all accesses of a type's context and some behind it.
class Gate {
 public:
  void run(const Program& program) {
    for (const uint32_t size : kSizes)
      for (uint32_t offset = 0; offset < abi::ctx_size(program.hook) + 8; offset += size) access(program, offset, size);
  }

  /// Every row had a value in some load, or has a reason why not.
  void finish() {
    size_t exempt = 0;
    for (const CtxField& field : abi::ctx_fields()) {
      const bool seen = seen_.contains(&field);
      EXPECT_TRUE(seen || is_exempt(field)) << to_string(field.hook) << " " << field.name << " was always zero";
      EXPECT_FALSE(seen && is_exempt(field)) << to_string(field.hook) << " " << field.name << " is exempt, and had a value";
      if (!seen) exempt += accesses_of_[&field];
    }
    std::cout << fmt::format("gate: context fields x offsets x sizes x access: {} rows, {} compared with the kernel, "
                             "{} exempt\n",
                             rows_, rows_ - exempt, exempt);
  }

 private:
  void access(const Program& program, uint32_t offset, uint32_t size) {
    const CtxField* field = field_at(program.hook, offset);
    const std::string what = fmt::format("{} at {} size {}", program.name, offset, size);
    const bool loads = abi::find_ctx_access(program.hook, offset, size, false) != nullptr;
    const bool stores = abi::find_ctx_access(program.hook, offset, size, true) != nullptr;
    const auto value = compare(program, load_program(program, loads ? field : nullptr, offset, size), "load, " + what);
    EXPECT_EQ(value.has_value(), loads) << "load, " << what;
    if (value && *value != 0) seen_.insert(field);
    for (const bool immediate : {false, true}) {
      const auto stored = compare(program, store_program(stores ? field : nullptr, offset, size, immediate),
                                  (immediate ? "store of a constant, " : "store, ") + what);
      EXPECT_EQ(stored.has_value(), stores) << "store, " << what;
    }
    rows_ += 2;
    if (field && loads) accesses_of_[field] += 1;
  }

  std::set<const CtxField*> seen_;
  std::map<const CtxField*, size_t> accesses_of_;
  size_t rows_ = 0;
};

TEST(ContextFields, AreAccessedAsInTheKernel) {
  SAYA_NEEDS_BPF();
  Gate gate;
  for (const Program& program : kPrograms) gate.run(program);
  gate.finish();
}

/// Sign-extending loads are rows of their own in the kernel: packet pointers refuse them.
TEST(ContextFields, ExtendTheSignAsInTheKernel) {
  SAYA_NEEDS_BPF();
  for (const Program& program : kPrograms)
    for (const uint32_t size : {1u, 2u, 4u})
      for (uint32_t offset = 0; offset < abi::ctx_size(program.hook); offset += size)
        compare(program, fmt::format("{}r0 = *(s{} *)(r1 +{})\n{}", program.fill, size * 8, offset, kFold),
                fmt::format("{} at {} size -{}", program.name, offset, size));
}

/// What stands beside a field that a narrow store would have touched, and values at the edge of what is stored.
TEST(ContextFields, KeepWhatIsStored) {
  SAYA_NEEDS_BPF();
  const Program& tc = kPrograms[1];
  for (const char* value : {"0", "1", "0xfffe", "0xffff", "0x10000", "0x1fffe", "0xffffffff", "0xfffffffe"})
    for (uint32_t offset : {8u, 12u, 32u, 44u, 72u})
      compare(tc, fmt::format("r2 = {} ll\n*(u32 *)(r1 +{}) = r2\nr0 = *(u32 *)(r1 +{})\nexit", value, offset, offset),
              fmt::format("{} at {}", value, offset));
}

}  // namespace
}  // namespace saya::tests
