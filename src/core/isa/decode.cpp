// Wire format to normal form. Accepts what RFC 9669 and Linux 6.18 define and refuses the rest in the words of
// kernel/bpf/verifier.c. Stricter than the kernel in one place: the offset of exit must be zero, as the RFC has it.
#include <fmt/format.h>

#include <algorithm>

#include "isa/insn.h"
#include "isa/wire.h"

namespace saya::isa {
namespace {

using namespace wire;

/// Fields of a RawInsn, for saying which of them a form leaves unused.
enum Field : unsigned { dst = 1, src = 2, off = 4, imm32 = 8 };

unsigned nonzero_fields(const RawInsn& raw) {
  return (raw.dst() ? dst : 0u) | (raw.src() ? src : 0u) | (raw.offset ? off : 0u) | (raw.imm ? imm32 : 0u);
}

int signed_bits(Width width) { return static_cast<int>(bits(width)); }

std::unexpected<Error> reserved(std::string_view what) {
  return fail(Code::malformed, fmt::format("{} uses reserved fields", what));
}

Result<> must_be_zero(const RawInsn& raw, unsigned fields, std::string_view what) {
  if (nonzero_fields(raw) & fields) return reserved(what);
  return {};
}

Result<> valid_register(uint8_t number) {
  if (number > 10) return fail(Code::malformed, fmt::format("R{} is invalid", number));
  return {};
}

/// Fills in both registers; an unused one has been checked to be zero before.
Result<Insn> with_registers(Insn insn, const RawInsn& raw) {
  // The kernel looks at the source first, except in comparisons.
  const bool dst_first = insn.kind == Kind::branch;
  SAYA_CHECK(valid_register(dst_first ? raw.dst() : raw.src()));
  SAYA_CHECK(valid_register(dst_first ? raw.src() : raw.dst()));
  insn.dst = raw.dst();
  insn.src = raw.src();
  return insn;
}

/// Decoders take what the opcode said, the slot, and the one after it (null at the end of the program).
struct Slots {
  RawInsn raw;
  const RawInsn* next;
};

Result<Insn> decode_move_extend(Insn insn, Slots at) {
  const Width* from = std::ranges::find(kWidths, at.raw.offset, signed_bits);
  if (at.raw.imm || from == std::end(kWidths) || *from >= insn.width) return reserved("BPF_MOV");
  insn.kind = Kind::move_extend;
  insn.source_width = *from;
  return with_registers(insn, at.raw);
}

Result<Insn> decode_mov(Insn insn, Slots at) {
  if (!insn.imm_operand && at.raw.offset) return decode_move_extend(insn, at);
  SAYA_CHECK(must_be_zero(at.raw, off | (insn.imm_operand ? src : imm32), "BPF_MOV"));
  insn.alu = Alu::mov;
  insn.imm = at.raw.imm;
  return with_registers(insn, at.raw);
}

Result<Insn> decode_alu(Insn insn, Slots at) {
  const uint8_t code = at.raw.opcode & 0xf0;
  if (code == kMov) return decode_mov(insn, at);
  SAYA_CHECK(must_be_zero(at.raw, insn.imm_operand ? src : imm32, "BPF_ALU"));
  const AluRow* op = std::ranges::find_if(
      kAlu, [&](const AluRow& candidate) { return candidate.code == code && candidate.offset == at.raw.offset; });
  if (op == std::end(kAlu)) return reserved("BPF_ALU");
  insn.alu = static_cast<Alu>(op - kAlu);
  insn.imm = at.raw.imm;
  return with_registers(insn, at.raw);
}

Result<Insn> decode_neg(Insn insn, Slots at) {
  SAYA_CHECK(must_be_zero(at.raw, src | off | imm32, "BPF_NEG"));
  return with_registers(insn, at.raw);
}

Result<Insn> decode_swap(Insn insn, Slots at) {
  SAYA_CHECK(must_be_zero(at.raw, src | off, "BPF_END"));
  const Width* width = std::ranges::find(kWidths, at.raw.imm, signed_bits);
  if (width == std::end(kWidths) || *width == Width::w8) return reserved("BPF_END");
  insn.width = *width;
  return with_registers(insn, at.raw);
}

Result<Insn> decode_load(Insn insn, Slots at) {
  SAYA_CHECK(must_be_zero(at.raw, imm32, "BPF_LDX"));
  insn.offset = at.raw.offset;
  return with_registers(insn, at.raw);
}

Result<Insn> decode_load_extend(Insn insn, Slots at) { return decode_load(insn, at); }

Result<Insn> decode_store(Insn insn, Slots at) {
  SAYA_CHECK(insn.imm_operand ? must_be_zero(at.raw, src, "BPF_ST") : must_be_zero(at.raw, imm32, "BPF_STX"));
  insn.offset = at.raw.offset;
  insn.imm = at.raw.imm;
  return with_registers(insn, at.raw);
}

Result<Insn> decode_atomic(Insn insn, Slots at) {
  const AtomicRow* op = std::ranges::find(kAtomic, at.raw.imm, &AtomicRow::code);
  if (op == std::end(kAtomic))
    return fail(Code::malformed,
                fmt::format("BPF_ATOMIC uses invalid atomic opcode {:02x}", static_cast<uint32_t>(at.raw.imm)));
  insn.atomic = static_cast<Atomic>(op - kAtomic);
  const bool any_width = insn.atomic == Atomic::load_acquire || insn.atomic == Atomic::store_release;
  if (!any_width && insn.width < Width::w32) return fail(Code::malformed, "invalid atomic operand size");
  insn.offset = at.raw.offset;
  return with_registers(insn, at.raw);
}

int64_t load_imm_value(Pseudo pseudo, int32_t low, int32_t high) {
  if (pseudo == Pseudo::func) return low;
  return static_cast<int64_t>(static_cast<uint64_t>(static_cast<uint32_t>(high)) << 32 | static_cast<uint32_t>(low));
}

bool upper_half_unused(Pseudo pseudo) {
  return pseudo == Pseudo::map_fd || pseudo == Pseudo::map_index || pseudo == Pseudo::func;
}

Result<Insn> decode_load_imm(Insn insn, Slots at) {
  if (!at.next || at.next->opcode || at.next->registers || at.next->offset)
    return fail(Code::malformed, "invalid bpf_ld_imm64 insn");
  const auto pseudo = static_cast<Pseudo>(at.raw.src());
  if (at.raw.src() >= kPseudos || (upper_half_unused(pseudo) && at.next->imm))
    return fail(Code::malformed, "unrecognized bpf_ld_imm64 insn");
  SAYA_CHECK(must_be_zero(at.raw, off, "BPF_LD_IMM64"));
  SAYA_CHECK(valid_register(at.raw.dst()));
  insn.dst = at.raw.dst();
  insn.pseudo = pseudo;
  insn.imm = load_imm_value(pseudo, at.raw.imm, at.next->imm);
  return insn;
}

Result<Insn> decode_load_packet(Insn insn, Slots at) {
  SAYA_CHECK(must_be_zero(at.raw, dst | off | (insn.imm_operand ? src : 0u), "BPF_LD_[ABS|IND]"));
  insn.imm = at.raw.imm;
  return with_registers(insn, at.raw);
}

Result<Insn> decode_jump(Insn insn, Slots at) {
  const bool is_long = insn.width == Width::w32;
  SAYA_CHECK(must_be_zero(at.raw, dst | src | (is_long ? off : imm32), "BPF_JA"));
  insn.jump = is_long ? at.raw.imm : at.raw.offset;
  return insn;
}

Result<Insn> decode_branch(Insn insn, Slots at) {
  SAYA_CHECK(must_be_zero(at.raw, insn.imm_operand ? src : imm32, "BPF_JMP/JMP32"));
  insn.jump = at.raw.offset;
  insn.imm = at.raw.imm;
  return with_registers(insn, at.raw);
}

Result<Insn> decode_may_goto(Insn insn, Slots at) {
  if (nonzero_fields(at.raw) & ~off) return fail(Code::malformed, fmt::format("invalid may_goto imm {}", at.raw.imm));
  insn.jump = at.raw.offset;
  return insn;
}

Result<Insn> decode_call_register(Insn insn, Slots at) {
  SAYA_CHECK(must_be_zero(at.raw, src | off | imm32, "BPF_CALL"));
  return with_registers(insn, at.raw);
}

Result<Insn> decode_call(Insn insn, Slots at) {
  if (insn.callee == Callee::indirect) return decode_call_register(insn, at);
  const uint8_t* callee = std::ranges::find(kCallee, at.raw.src());
  if (callee == std::end(kCallee)) return reserved("BPF_CALL");
  insn.callee = static_cast<Callee>(callee - kCallee);
  SAYA_CHECK(must_be_zero(at.raw, dst | (insn.callee == Callee::kfunc ? 0u : off), "BPF_CALL"));
  insn.offset = at.raw.offset;
  if (insn.callee == Callee::local)
    insn.jump = at.raw.imm;
  else
    insn.imm = at.raw.imm;
  return insn;
}

Result<Insn> decode_exit(Insn insn, Slots at) {
  SAYA_CHECK(must_be_zero(at.raw, dst | src | off | imm32, "BPF_EXIT"));
  return insn;
}

using Decoder = Result<Insn> (*)(Insn, Slots);
constexpr Decoder kDecoders[] = {
#define SAYA_KIND(name, doc) decode_##name,
#include "isa/ops.def"
};

std::unexpected<Error> refuse_opcode(const RawInsn& raw) {
  const unsigned mode = raw.opcode & 0xe0;
  // The kernel looks at the mode of a load before it looks the opcode up.
  if ((raw.opcode & 7) == kClassLdx && ((mode != kModeMem && mode != kModeMemsx) || raw.imm))
    return reserved("BPF_LDX");
  return fail(Code::malformed, fmt::format("unknown opcode {:02x}", raw.opcode));
}

}  // namespace

Result<Insn> decode(std::span<const RawInsn> code, size_t at) {
  const RawInsn& raw = code[at];
  const Form& form = kForms[raw.opcode];
  if (!form.known) return refuse_opcode(raw);
  return row(kDecoders, form.insn.kind)(form.insn, {raw, at + 1 < code.size() ? &code[at + 1] : nullptr});
}

Result<std::vector<Insn>> decode_all(std::span<const RawInsn> code, std::vector<uint32_t>* slot_of) {
  std::vector<Insn> insns;
  if (slot_of) slot_of->clear();
  for (size_t at = 0; at < code.size(); at += insns.back().slots()) {
    Result<Insn> insn = decode(code, at);
    if (!insn) return std::unexpected(std::move(insn).error().at(fmt::format("insn {}", at)));
    insns.push_back(*insn);
    if (slot_of) slot_of->push_back(static_cast<uint32_t>(at));
  }
  return insns;
}

}  // namespace saya::isa
