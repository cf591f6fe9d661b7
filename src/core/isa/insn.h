// One instruction: the eight bytes of the wire format, and the one normal form that everything else works on.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saya::isa {

/// The 8 bytes of RFC 9669 section 3 as they lie in an object file (little endian). A 64-bit immediate takes two.
struct RawInsn {
  uint8_t opcode = 0;
  uint8_t registers = 0;  ///< dst in the low, src in the high four bits.
  int16_t offset = 0;
  int32_t imm = 0;

  constexpr uint8_t dst() const { return registers & 15; }
  constexpr uint8_t src() const { return registers >> 4; }
  constexpr void set_src(uint8_t src) { registers = static_cast<uint8_t>((registers & 15) | src << 4); }
  constexpr bool operator==(const RawInsn&) const = default;
};
static_assert(sizeof(RawInsn) == 8);

enum class Width : uint8_t { w8, w16, w32, w64 };
constexpr unsigned bytes(Width width) { return 1u << static_cast<unsigned>(width); }
constexpr unsigned bits(Width width) { return 8u * bytes(width); }

enum class Kind : uint8_t {
#define SAYA_KIND(name, doc) name,
#include "isa/ops.def"
};
enum class Alu : uint8_t {
#define SAYA_ALU(name, code, offset, text) name,
#include "isa/ops.def"
};
enum class Swap : uint8_t {
#define SAYA_SWAP(name, cls, source, text) name,
#include "isa/ops.def"
};
enum class Cond : uint8_t {
#define SAYA_COND(name, code, text) name,
#include "isa/ops.def"
};
enum class Atomic : uint8_t {
#define SAYA_ATOMIC(name, code, text) name,
#include "isa/ops.def"
};
enum class Pseudo : uint8_t {
#define SAYA_PSEUDO(name, number, doc) name = number,
#include "isa/ops.def"
};
enum class Callee : uint8_t {
#define SAYA_CALLEE(name, number, doc) name,
#include "isa/ops.def"
};

/// An instruction in normal form. Which fields mean something follows from `kind` (isa/ops.def); the others are zero,
/// so two instructions are equal exactly when they encode equally.
struct Insn {
  Kind kind = Kind::exit;
  Alu alu{};                 ///< kind alu.
  Swap swap{};               ///< kind swap.
  Cond cond{};               ///< kind branch.
  Atomic atomic{};           ///< kind atomic.
  Pseudo pseudo{};           ///< kind load_imm.
  Callee callee{};           ///< kind call.
  Width width{};             ///< Of the operation (w32, w64), comparison or memory access. Kind jump: w32 is gotol.
  Width source_width{};      ///< kind move_extend: w8, w16 or w32.
  bool imm_operand = false;  ///< The second operand is imm, not src.
  uint8_t dst = 0;           ///< Register 0..10.
  uint8_t src = 0;           ///< Register 0..10.
  int16_t offset = 0;        ///< Memory accesses: added to the address. Callee kfunc: index of a module's BTF.
  int32_t jump = 0;          ///< Jumps and local calls: distance in slots from the following instruction.
  int64_t imm = 0;           ///< Sign-extended from 32 bits, but for load_imm.

  constexpr bool operator==(const Insn&) const = default;
  /// Slots of the wire format: 2 for load_imm, else 1.
  constexpr unsigned slots() const { return kind == Kind::load_imm ? 2 : 1; }
};

/// Decodes the instruction that starts at slot `at` (< code.size()). Refuses what neither RFC 9669 nor Linux 6.18
/// defines, with the kernel's words where it has some ("unknown opcode ff", "BPF_ALU uses reserved fields",
/// "R11 is invalid"). Deterministic and total: never reads beyond `code`.
Result<Insn> decode(std::span<const RawInsn> code, size_t at);

/// The whole program, one Insn per instruction; `slot_of[i]` (if given) is the slot where instruction i starts.
Result<std::vector<Insn>> decode_all(std::span<const RawInsn> code, std::vector<uint32_t>* slot_of = nullptr);

/// The inverse of decode: appends one or two slots. decode(encode(x)) == x for every x that decode can produce.
void encode(const Insn& insn, std::vector<RawInsn>& out);

/// Names for numbers in text.
struct Names {
  /// The name of a helper id, with or without "bpf_", or "" for an unknown one.
  std::string_view (*helper)(uint32_t id) = nullptr;
};
/// Kernel verifier syntax: "r1 += r2", "if w3 s> 0x7 goto pc+4", "r0 = *(u32 *)(r1 +4)", "call bpf_map_lookup_elem#1".
/// Maps, kernel variables and callbacks as bpftool has them: "r1 = map[fd:3][0]+8", "btf[id:7]+0", "subprog[+5]".
std::string disassemble(const Insn& insn, const Names& names = {});

/// One instruction a line, in the syntax of disassemble(); "#" (after a blank) and "//" start comments, "name:" is a
/// label, and jumps, local calls and subprog[] take a label or "pc+N"/"pc-N". Helpers may be called by name, by number
/// or as "name#number", where the number decides. As in the verifier's log "r1 = 5" takes one slot and "r1 = 0x5" is a
/// 64-bit load of two. Errors (Code::invalid_argument) name the line and the word.
Result<std::vector<RawInsn>> assemble(std::string_view text, const Names& names = {});

}  // namespace saya::isa
