// Properties over every instruction that decode can produce: all rows of ops.def, widths, operand kinds, edge values.
#include <gtest/gtest.h>

#include <initializer_list>
#include <type_traits>

#include "isa/insn.h"
#include "isa/wire.h"
#include "support/case_name.h"

namespace saya::isa {
namespace {

using Insns = std::vector<Insn>;

constexpr uint8_t kRegisters[] = {0, 1, 9, 10};
constexpr int64_t kImms[] = {0, 1, -1, 7, 255, 65536, INT32_MAX, INT32_MIN};
constexpr int16_t kOffsets[] = {0, 1, -1, -8, INT16_MAX, INT16_MIN};
constexpr int32_t kFarJumps[] = {0, 1, -1, 70000, INT32_MAX, INT32_MIN};
constexpr uint64_t kHalves[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};

/// Replaces each instruction by its variants with `field` set to each of the values.
template <class Field, class Values = std::initializer_list<std::type_identity_t<Field>>>
Insns vary(const Insns& insns, Field Insn::* field, const Values& values) {
  Insns all;
  for (Insn insn : insns)
    for (const auto value : values) {
      insn.*field = static_cast<Field>(value);
      all.push_back(insn);
    }
  return all;
}

/// The enumerators 0..n-1 of a table.
template <class Enum, class Row, size_t n>
std::vector<Enum> rows_of(const Row (&)[n]) {
  std::vector<Enum> all;
  for (size_t i = 0; i < n; ++i) all.push_back(static_cast<Enum>(i));
  return all;
}

Insns with_dst(const Insns& insns) { return vary(insns, &Insn::dst, kRegisters); }
Insns with_both(const Insns& insns) { return vary(with_dst(insns), &Insn::src, kRegisters); }
Insns with_memory(const Insns& insns) { return vary(with_both(insns), &Insn::offset, kOffsets); }
Insns with_imm(const Insns& insns) { return vary(vary(insns, &Insn::imm_operand, {true}), &Insn::imm, kImms); }

Insns operator+(Insns left, const Insns& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

constexpr Width kOperations[] = {Width::w32, Width::w64};
constexpr Width kNarrow[] = {Width::w8, Width::w16, Width::w32};

Insns each_alu(const Insn& any) {
  const Insns ops = vary(vary({any}, &Insn::alu, rows_of<Alu>(wire::kAlu)), &Insn::width, kOperations);
  return with_both(ops) + with_dst(with_imm(ops));
}
Insns each_neg(const Insn& any) { return with_dst(vary({any}, &Insn::width, kOperations)); }
Insns each_move_extend(const Insn& any) {
  const Insns all = with_both(vary(vary({any}, &Insn::width, kOperations), &Insn::source_width, kNarrow));
  Insns narrowing;
  for (const Insn& insn : all)
    if (insn.source_width < insn.width) narrowing.push_back(insn);
  return narrowing;
}
Insns each_swap(const Insn& any) {
  const Width widths[] = {Width::w16, Width::w32, Width::w64};
  return with_dst(vary(vary({any}, &Insn::swap, rows_of<Swap>(wire::kSwap)), &Insn::width, widths));
}
Insns each_load(const Insn& any) { return with_memory(vary({any}, &Insn::width, wire::kWidths)); }
Insns each_load_extend(const Insn& any) { return with_memory(vary({any}, &Insn::width, kNarrow)); }
Insns each_store(const Insn& any) {
  const Insns widths = vary({any}, &Insn::width, wire::kWidths);
  return with_memory(widths) + vary(with_dst(with_imm(widths)), &Insn::offset, kOffsets);
}
Insns each_atomic(const Insn& any) {
  const Insns ops = vary({any}, &Insn::atomic, rows_of<Atomic>(wire::kAtomic));
  const Insns ordered = vary({any}, &Insn::atomic, {Atomic::load_acquire, Atomic::store_release});
  return with_memory(vary(ops, &Insn::width, kOperations) + vary(ordered, &Insn::width, {Width::w8, Width::w16}));
}
Insns each_load_imm(const Insn& any) {
  Insns all;
  for (const uint64_t low : kHalves) {
    for (const uint64_t high : kHalves)
      all = all + vary(vary({any}, &Insn::imm, {static_cast<int64_t>(high << 32 | low)}), &Insn::pseudo,
                       {Pseudo::value, Pseudo::map_value, Pseudo::btf_id, Pseudo::map_index_value});
    all = all + vary(vary({any}, &Insn::imm, {static_cast<int64_t>(low)}), &Insn::pseudo,
                     {Pseudo::map_fd, Pseudo::map_index});
  }
  return with_dst(all + vary(vary({any}, &Insn::imm, kImms), &Insn::pseudo, {Pseudo::func}));
}
Insns each_load_packet(const Insn& any) {
  const Insns widths = vary({any}, &Insn::width, kNarrow);
  return with_imm(widths) + vary(vary(widths, &Insn::src, kRegisters), &Insn::imm, kImms);
}
Insns each_jump(const Insn& any) {
  return vary(vary({any}, &Insn::width, {Width::w64}), &Insn::jump, kOffsets) +
         vary(vary({any}, &Insn::width, {Width::w32}), &Insn::jump, kFarJumps);
}
Insns each_branch(const Insn& any) {
  const Insns ops = vary(vary({any}, &Insn::cond, rows_of<Cond>(wire::kCond)), &Insn::width, kOperations);
  return vary(with_both(ops) + with_dst(with_imm(ops)), &Insn::jump, kOffsets);
}
Insns each_may_goto(const Insn& any) { return vary({any}, &Insn::jump, kOffsets); }
Insns each_call(const Insn& any) {
  const Insns helper = vary(vary({any}, &Insn::callee, {Callee::helper}), &Insn::imm, kImms);
  const Insns local = vary(vary({any}, &Insn::callee, {Callee::local}), &Insn::jump, kFarJumps);
  const Insns kfunc = vary(vary({any}, &Insn::callee, {Callee::kfunc}), &Insn::imm, kImms);
  const Insns indirect = with_dst(vary({any}, &Insn::callee, {Callee::indirect}));
  return helper + local + vary(kfunc, &Insn::offset, kOffsets) + indirect;
}
Insns each_exit(const Insn& any) { return {any}; }

struct KindCase {
  Kind kind;
  const char* name;
  Insns (*each)(const Insn&);
};
constexpr KindCase kKindCases[] = {
#define SAYA_KIND(name, doc) {Kind::name, #name, each_##name},
#include "isa/ops.def"
};

std::vector<RawInsn> encoded(const Insn& insn) {
  std::vector<RawInsn> code;
  encode(insn, code);
  return code;
}

class EveryInsn : public testing::TestWithParam<KindCase> {};

TEST_P(EveryInsn, DecodesFromWhatItEncodesTo) {
  for (const Insn& insn : GetParam().each({.kind = GetParam().kind})) {
    const std::vector<RawInsn> code = encoded(insn);
    ASSERT_EQ(code.size(), insn.slots());
    const auto again = decode(code, 0);
    ASSERT_TRUE(again.has_value()) << disassemble(insn) << ": " << again.error().message;
    ASSERT_EQ(*again, insn) << disassemble(insn) << " became " << disassemble(*again);
  }
}

TEST_P(EveryInsn, AssemblesFromItsOwnText) {
  for (const Insn& insn : GetParam().each({.kind = GetParam().kind})) {
    const std::string text = disassemble(insn);
    const auto code = assemble(text);
    ASSERT_TRUE(code.has_value()) << text << ": " << code.error().message;
    ASSERT_EQ(*code, encoded(insn)) << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, EveryInsn, testing::ValuesIn(kKindCases), tests::case_name);

}  // namespace
}  // namespace saya::isa
