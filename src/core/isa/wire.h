// The wire format of ops.def: opcode fields, the rows as arrays, and what each of the 256 opcodes stands for.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "isa/insn.h"

namespace saya::isa::wire {

/// Bits 0-2 of the opcode, RFC 9669 section 3.1.
inline constexpr unsigned kClassLd = 0;
inline constexpr unsigned kClassLdx = 1;
inline constexpr unsigned kClassSt = 2;
inline constexpr unsigned kClassStx = 3;
inline constexpr unsigned kClassAlu = 4;
inline constexpr unsigned kClassJmp = 5;
inline constexpr unsigned kClassJmp32 = 6;
inline constexpr unsigned kClassAlu64 = 7;
/// Bits 5-7 of a load or store opcode, RFC 9669 section 5.
inline constexpr unsigned kModeImm = 0x00;
inline constexpr unsigned kModeAbs = 0x20;
inline constexpr unsigned kModeInd = 0x40;
inline constexpr unsigned kModeMem = 0x60;
inline constexpr unsigned kModeMemsx = 0x80;
inline constexpr unsigned kModeAtomic = 0xc0;
/// Bit 3 of an arithmetic or jump opcode: the second operand is the source register.
inline constexpr unsigned kRegister = 0x08;

/// Operations (bits 4-7) that are a Kind of their own and so have no row.
inline constexpr unsigned kNeg = 0x80;
inline constexpr unsigned kEnd = 0xd0;
inline constexpr unsigned kMov = 0xb0;
inline constexpr unsigned kJump = 0x00;
inline constexpr unsigned kCall = 0x80;
inline constexpr unsigned kExit = 0x90;
inline constexpr unsigned kMayGoto = 0xe0;

inline constexpr Width kWidths[] = {Width::w8, Width::w16, Width::w32, Width::w64};
/// Bits 3-4 of a load or store opcode, by Width.
inline constexpr unsigned kSize[] = {0x10, 0x08, 0x00, 0x18};
constexpr unsigned size_of(Width width) { return kSize[static_cast<size_t>(width)]; }

struct AluRow {
  uint8_t code;
  int16_t offset;
  std::string_view text;
};
inline constexpr AluRow kAlu[] = {
#define SAYA_ALU(name, code, offset, text) {code, offset, text},
#include "isa/ops.def"
};

struct SwapRow {
  uint8_t cls;
  uint8_t source;
  std::string_view text;
};
inline constexpr SwapRow kSwap[] = {
#define SAYA_SWAP(name, cls, source, text) {cls, source, text},
#include "isa/ops.def"
};

struct CondRow {
  uint8_t code;
  std::string_view text;
};
inline constexpr CondRow kCond[] = {
#define SAYA_COND(name, code, text) {code, text},
#include "isa/ops.def"
};

struct AtomicRow {
  int32_t code;
  std::string_view text;
};
inline constexpr AtomicRow kAtomic[] = {
#define SAYA_ATOMIC(name, code, text) {code, text},
#include "isa/ops.def"
};

/// The source register field of a call, by Callee.
inline constexpr uint8_t kCallee[] = {
#define SAYA_CALLEE(name, number, doc) number,
#include "isa/ops.def"
};

inline constexpr size_t kKinds = 0
#define SAYA_KIND(name, doc) +1
#include "isa/ops.def"
    ;
inline constexpr size_t kPseudos = 0
#define SAYA_PSEUDO(name, number, doc) +1
#include "isa/ops.def"
    ;

/// The row of an enumerator of the table: `row(kAlu, insn.alu)`.
template <class Row, size_t n, class Enum>
constexpr const Row& row(const Row (&rows)[n], Enum which) {
  return rows[std::to_underlying(which)];
}

/// What an opcode says by itself; fields beyond it choose among rows that share the opcode (div and sdiv, atomics).
struct Form {
  bool known = false;
  Insn insn;  ///< Kind, width and operand kind set, the rest for the decoder of the kind.
};

class Forms {
 public:
  constexpr Forms() {
    arithmetic();
    memory();
    control();
  }
  constexpr const Form& operator[](uint8_t opcode) const { return forms_[opcode]; }

 private:
  constexpr void add(unsigned opcode, const Insn& insn) { forms_[opcode] = {.known = true, .insn = insn}; }

  constexpr void arithmetic() {
    for (auto [cls, width] : {
             std::pair{kClassAlu,   Width::w32},
             {kClassAlu64, Width::w64}
    }) {
      for (const AluRow& row : kAlu) {
        add(cls | row.code, {.kind = Kind::alu, .width = width, .imm_operand = true});
        add(cls | row.code | kRegister, {.kind = Kind::alu, .width = width});
      }
      add(cls | kNeg, {.kind = Kind::neg, .width = width});
    }
    for (size_t i = 0; i < std::size(kSwap); ++i)
      add(kSwap[i].cls | kEnd | kSwap[i].source, {.kind = Kind::swap, .swap = static_cast<Swap>(i)});
  }

  constexpr void memory() {
    for (Width width : kWidths) {
      const unsigned size = size_of(width);
      add(kClassLdx | kModeMem | size, {.kind = Kind::load, .width = width});
      add(kClassSt | kModeMem | size, {.kind = Kind::store, .width = width, .imm_operand = true});
      add(kClassStx | kModeMem | size, {.kind = Kind::store, .width = width});
      add(kClassStx | kModeAtomic | size, {.kind = Kind::atomic, .width = width});
      if (width == Width::w64) continue;  // Nothing is wider to extend to, nor is a packet field.
      add(kClassLdx | kModeMemsx | size, {.kind = Kind::load_extend, .width = width});
      add(kClassLd | kModeAbs | size, {.kind = Kind::load_packet, .width = width, .imm_operand = true});
      add(kClassLd | kModeInd | size, {.kind = Kind::load_packet, .width = width});
    }
    add(kClassLd | kModeImm | size_of(Width::w64), {.kind = Kind::load_imm});
  }

  constexpr void control() {
    for (auto [cls, width] : {
             std::pair{kClassJmp32, Width::w32},
             {kClassJmp,   Width::w64}
    }) {
      for (size_t i = 0; i < std::size(kCond); ++i) {
        const auto cond = static_cast<Cond>(i);
        add(cls | kCond[i].code, {.kind = Kind::branch, .cond = cond, .width = width, .imm_operand = true});
        add(cls | kCond[i].code | kRegister, {.kind = Kind::branch, .cond = cond, .width = width});
      }
      add(cls | kJump, {.kind = Kind::jump, .width = width});
    }
    add(kClassJmp | kMayGoto, {.kind = Kind::may_goto});
    add(kClassJmp | kCall, {.kind = Kind::call});
    add(kClassJmp | kCall | kRegister, {.kind = Kind::call, .callee = Callee::indirect});
    add(kClassJmp | kExit, {.kind = Kind::exit});
  }

  std::array<Form, 256> forms_{};
};
inline constexpr Forms kForms;

}  // namespace saya::isa::wire
