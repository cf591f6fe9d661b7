// The opcodes that refer to something outside the instruction, for those who rewrite references in raw code and need no
// decoder (isa/insn.h has that). Values: RFC 9669 sections 5.4 and 4.3, BPF_PSEUDO_* of Linux 6.18.
#pragma once

#include <cstdint>

namespace saya::isa {

inline constexpr uint8_t kLoadImm = 0x18;  ///< BPF_LD | BPF_IMM | BPF_DW, two slots; src says what the value means.
inline constexpr uint8_t kCall = 0x85;     ///< BPF_JMP | BPF_CALL; src 0 is a helper.
inline constexpr uint8_t kCallLocal = 1;   ///< src of a call within the program: BPF_PSEUDO_CALL.
inline constexpr uint8_t kCallKfunc = 2;   ///< src of a call of a kernel function: BPF_PSEUDO_KFUNC_CALL.

}  // namespace saya::isa
