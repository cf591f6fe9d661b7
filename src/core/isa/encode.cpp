// Normal form to wire format, one function per kind; the layouts of RFC 9669 sections 4 and 5.
#include "isa/insn.h"
#include "isa/wire.h"

namespace saya::isa {
namespace {

using namespace wire;

uint8_t opcode(unsigned bits) { return static_cast<uint8_t>(bits); }
uint8_t registers(const Insn& insn) { return static_cast<uint8_t>(insn.dst | insn.src << 4); }
unsigned source_bit(const Insn& insn) { return insn.imm_operand ? 0 : kRegister; }
unsigned alu_class(const Insn& insn) { return insn.width == Width::w64 ? kClassAlu64 : kClassAlu; }
unsigned jump_class(const Insn& insn) { return insn.width == Width::w64 ? kClassJmp : kClassJmp32; }
int16_t distance16(const Insn& insn) { return static_cast<int16_t>(insn.jump); }
int32_t low(int64_t imm) { return static_cast<int32_t>(imm); }

RawInsn encode_alu(const Insn& insn) {
  const AluRow& op = row(kAlu, insn.alu);
  return {opcode(alu_class(insn) | op.code | source_bit(insn)), registers(insn), op.offset, low(insn.imm)};
}

RawInsn encode_neg(const Insn& insn) { return {opcode(alu_class(insn) | kNeg), registers(insn)}; }

RawInsn encode_move_extend(const Insn& insn) {
  const auto from = static_cast<int16_t>(bits(insn.source_width));
  return {opcode(alu_class(insn) | kMov | kRegister), registers(insn), from};
}

RawInsn encode_swap(const Insn& insn) {
  const SwapRow& op = row(kSwap, insn.swap);
  return {opcode(op.cls | kEnd | op.source), registers(insn), 0, static_cast<int32_t>(bits(insn.width))};
}

RawInsn encode_load(const Insn& insn) {
  return {opcode(kClassLdx | kModeMem | size_of(insn.width)), registers(insn), insn.offset};
}

RawInsn encode_load_extend(const Insn& insn) {
  return {opcode(kClassLdx | kModeMemsx | size_of(insn.width)), registers(insn), insn.offset};
}

RawInsn encode_store(const Insn& insn) {
  const unsigned cls = insn.imm_operand ? kClassSt : kClassStx;
  return {opcode(cls | kModeMem | size_of(insn.width)), registers(insn), insn.offset, low(insn.imm)};
}

RawInsn encode_atomic(const Insn& insn) {
  return {opcode(kClassStx | kModeAtomic | size_of(insn.width)), registers(insn), insn.offset,
          row(kAtomic, insn.atomic).code};
}

/// The first of two slots; encode() appends the one with the upper half.
RawInsn encode_load_imm(const Insn& insn) {
  RawInsn raw{opcode(kClassLd | kModeImm | size_of(Width::w64)), registers(insn), 0, low(insn.imm)};
  raw.set_src(std::to_underlying(insn.pseudo));
  return raw;
}

RawInsn encode_load_packet(const Insn& insn) {
  const unsigned mode = insn.imm_operand ? kModeAbs : kModeInd;
  return {opcode(kClassLd | mode | size_of(insn.width)), registers(insn), 0, low(insn.imm)};
}

RawInsn encode_jump(const Insn& insn) {
  if (insn.width == Width::w64) return {opcode(kClassJmp | kJump), 0, distance16(insn), 0};
  return {opcode(kClassJmp32 | kJump), 0, 0, insn.jump};
}

RawInsn encode_branch(const Insn& insn) {
  const unsigned code = row(kCond, insn.cond).code;
  return {opcode(jump_class(insn) | code | source_bit(insn)), registers(insn), distance16(insn), low(insn.imm)};
}

RawInsn encode_may_goto(const Insn& insn) { return {opcode(kClassJmp | kMayGoto), 0, distance16(insn), 0}; }

RawInsn encode_call(const Insn& insn) {
  if (insn.callee == Callee::indirect) return {opcode(kClassJmp | kCall | kRegister), registers(insn)};
  const int32_t target = insn.callee == Callee::local ? insn.jump : low(insn.imm);
  RawInsn raw{opcode(kClassJmp | kCall), 0, insn.offset, target};
  raw.set_src(row(kCallee, insn.callee));
  return raw;
}

RawInsn encode_exit(const Insn&) { return {opcode(kClassJmp | kExit)}; }

using Encoder = RawInsn (*)(const Insn&);
constexpr Encoder kEncoders[] = {
#define SAYA_KIND(name, doc) encode_##name,
#include "isa/ops.def"
};

}  // namespace

void encode(const Insn& insn, std::vector<RawInsn>& out) {
  out.push_back(row(kEncoders, insn.kind)(insn));
  if (insn.kind != Kind::load_imm) return;
  // A function's distance is kept sign-extended; on the wire only its low half has a place.
  const bool upper_half = insn.pseudo != Pseudo::func;
  out.push_back({.imm = upper_half ? low(insn.imm >> 32) : 0});
}

}  // namespace saya::isa
