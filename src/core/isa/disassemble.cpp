// Normal form to the text of the kernel's verifier log (kernel/bpf/disasm.c, Linux 6.18). What the log prints as an
// address of the running kernel (maps, BTF variables, functions) is printed as bpftool does: "map[fd:3][0]+8".
#include <fmt/format.h>

#include "isa/insn.h"
#include "isa/wire.h"

namespace saya::isa {
namespace {

using namespace wire;

std::string reg(uint8_t number, Width width = Width::w64) {
  return fmt::format("{}{}", width == Width::w64 ? 'r' : 'w', number);
}

/// "(u32 *)" and "(r1 +4)".
std::string type(Width width, char sign = 'u') { return fmt::format("({}{} *)", sign, bits(width)); }
std::string address(uint8_t base, int16_t offset) { return fmt::format("({} {:+})", reg(base), offset); }
std::string target(const Insn& insn) { return fmt::format("pc{:+}", insn.jump); }

std::string text_alu(const Insn& insn, const Names&) {
  const std::string operand = insn.imm_operand ? fmt::to_string(insn.imm) : reg(insn.src, insn.width);
  return fmt::format("{} {} {}", reg(insn.dst, insn.width), row(kAlu, insn.alu).text, operand);
}

std::string text_neg(const Insn& insn, const Names&) { return fmt::format("{0} = -{0}", reg(insn.dst, insn.width)); }

std::string text_move_extend(const Insn& insn, const Names&) {
  return fmt::format("{} = (s{}){}", reg(insn.dst, insn.width), bits(insn.source_width), reg(insn.src, insn.width));
}

std::string text_swap(const Insn& insn, const Names&) {
  return fmt::format("{0} = {1}{2} {0}", reg(insn.dst), row(kSwap, insn.swap).text, bits(insn.width));
}

std::string text_load(const Insn& insn, const Names&) {
  return fmt::format("{} = *{}{}", reg(insn.dst), type(insn.width), address(insn.src, insn.offset));
}

std::string text_load_extend(const Insn& insn, const Names&) {
  return fmt::format("{} = *{}{}", reg(insn.dst), type(insn.width, 's'), address(insn.src, insn.offset));
}

std::string text_store(const Insn& insn, const Names&) {
  const std::string value = insn.imm_operand ? fmt::to_string(insn.imm) : reg(insn.src);
  return fmt::format("*{}{} = {}", type(insn.width), address(insn.dst, insn.offset), value);
}

/// "r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)"; cmpxchg compares with, and returns in, r0.
std::string text_fetch(const Insn& insn, const std::string& place) {
  const std::string_view family = insn.width == Width::w64 ? "atomic64" : "atomic";
  const bool compare = insn.atomic == Atomic::cmpxchg;
  return fmt::format("{} = {}_{}({}, {}{})", compare ? "r0" : reg(insn.src), family, row(kAtomic, insn.atomic).text,
                     place, compare ? "r0, " : "", reg(insn.src));
}

std::string text_atomic(const Insn& insn, const Names&) {
  const uint8_t base = insn.atomic == Atomic::load_acquire ? insn.src : insn.dst;
  const std::string place = type(insn.width) + address(base, insn.offset);
  const std::string_view name = row(kAtomic, insn.atomic).text;
  if (insn.atomic == Atomic::load_acquire) return fmt::format("{} = {}({})", reg(insn.dst), name, place);
  if (insn.atomic == Atomic::store_release) return fmt::format("{}({}, {})", name, place, reg(insn.src));
  if (name.ends_with('=')) return fmt::format("lock *{} {} {}", place, name, reg(insn.src));
  return text_fetch(insn, place);
}

std::string text_immediate(const Insn& insn) {
  const auto low = static_cast<uint32_t>(insn.imm);
  const auto high = static_cast<uint32_t>(static_cast<uint64_t>(insn.imm) >> 32);
  switch (insn.pseudo) {
    case Pseudo::value: return fmt::format("{:#x}", static_cast<uint64_t>(insn.imm));
    case Pseudo::map_fd: return fmt::format("map[fd:{}]", low);
    case Pseudo::map_value: return fmt::format("map[fd:{}][0]+{}", low, high);
    case Pseudo::btf_id: return fmt::format("btf[id:{}]+{}", low, high);
    case Pseudo::func: return fmt::format("subprog[{:+}]", insn.imm);
    case Pseudo::map_index: return fmt::format("map[idx:{}]", low);
    case Pseudo::map_index_value: return fmt::format("map[idx:{}][0]+{}", low, high);
  }
  return {};
}

std::string text_load_imm(const Insn& insn, const Names&) {
  return fmt::format("{} = {}", reg(insn.dst), text_immediate(insn));
}

std::string text_load_packet(const Insn& insn, const Names&) {
  const std::string base = insn.imm_operand ? "" : reg(insn.src) + " + ";
  return fmt::format("r0 = *{}skb[{}{}]", type(insn.width), base, insn.imm);
}

std::string text_jump(const Insn& insn, const Names&) {
  return fmt::format("{} {}", insn.width == Width::w64 ? "goto" : "gotol", target(insn));
}

std::string text_branch(const Insn& insn, const Names&) {
  const std::string operand =
      insn.imm_operand ? fmt::format("{:#x}", static_cast<uint32_t>(insn.imm)) : reg(insn.src, insn.width);
  return fmt::format("if {} {} {} goto {}", reg(insn.dst, insn.width), row(kCond, insn.cond).text, operand,
                     target(insn));
}

std::string text_may_goto(const Insn& insn, const Names&) { return "may_goto " + target(insn); }

std::string helper_name(const Insn& insn, const Names& names) {
  const std::string_view name = names.helper ? names.helper(static_cast<uint32_t>(insn.imm)) : "";
  if (name.empty()) return "unknown";
  return fmt::format("{}{}", name.starts_with("bpf_") ? "" : "bpf_", name);
}

std::string text_kfunc(const Insn& insn) {
  const std::string module = insn.offset ? fmt::format(" fd_index {}", insn.offset) : "";
  return fmt::format("call kernel-function#{}{}", insn.imm, module);
}

std::string text_call(const Insn& insn, const Names& names) {
  switch (insn.callee) {
    case Callee::helper: return fmt::format("call {}#{}", helper_name(insn, names), insn.imm);
    case Callee::local: return "call " + target(insn);
    case Callee::kfunc: return text_kfunc(insn);
    case Callee::indirect: return "callx " + reg(insn.dst);
  }
  return {};
}

std::string text_exit(const Insn&, const Names&) { return "exit"; }

using Printer = std::string (*)(const Insn&, const Names&);
constexpr Printer kPrinters[] = {
#define SAYA_KIND(name, doc) text_##name,
#include "isa/ops.def"
};

}  // namespace

std::string disassemble(const Insn& insn, const Names& names) { return row(kPrinters, insn.kind)(insn, names); }

}  // namespace saya::isa
