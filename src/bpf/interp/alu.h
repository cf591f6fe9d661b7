// What the operations on registers mean: the reference that the JIT and the verifier are tested against.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>

#include "isa/insn.h"

namespace saya::interp {

/// The meaning of `x op= y` in U's width (RFC 9669 4.1).
template <std::unsigned_integral U>
constexpr U alu(isa::Alu op, U x, U y) noexcept {
  using S = std::make_signed_t<U>;
  const auto sx = static_cast<S>(x), sy = static_cast<S>(y);
  const unsigned count = y & (sizeof(U) * 8 - 1);
  switch (op) {  // No default: a new row in isa/ops.def must fail to compile here.
    case isa::Alu::add: return x + y;
    case isa::Alu::sub: return x - y;
    case isa::Alu::mul: return x * y;
    case isa::Alu::div: return y ? x / y : 0;
    case isa::Alu::mod: return y ? x % y : x;
    case isa::Alu::sdiv: return sy == -1 ? U{0} - x : static_cast<U>(y ? sx / sy : 0);  // MIN / -1 wraps.
    case isa::Alu::smod: return sy == -1 ? U{0} : static_cast<U>(y ? sx % sy : sx);
    case isa::Alu::or_: return x | y;
    case isa::Alu::and_: return x & y;
    case isa::Alu::xor_: return x ^ y;
    case isa::Alu::lsh: return x << count;
    case isa::Alu::rsh: return x >> count;
    case isa::Alu::arsh: return static_cast<U>(sx >> count);
    case isa::Alu::mov: return y;
  }
  return 0;
}

/// The same on whole registers: 32-bit operations read the low halves and clear the upper half of the result.
constexpr uint64_t alu(isa::Alu op, isa::Width width, uint64_t x, uint64_t y) noexcept {
  if (width == isa::Width::w64) return alu<uint64_t>(op, x, y);
  return alu<uint32_t>(op, static_cast<uint32_t>(x), static_cast<uint32_t>(y));
}

/// Whether `if x cond y` jumps (RFC 9669 4.3).
template <std::unsigned_integral U>
constexpr bool holds(isa::Cond cond, U x, U y) noexcept {
  using S = std::make_signed_t<U>;
  const auto sx = static_cast<S>(x), sy = static_cast<S>(y);
  switch (cond) {
    case isa::Cond::eq: return x == y;
    case isa::Cond::gt: return x > y;
    case isa::Cond::ge: return x >= y;
    case isa::Cond::set: return (x & y) != 0;
    case isa::Cond::ne: return x != y;
    case isa::Cond::sgt: return sx > sy;
    case isa::Cond::sge: return sx >= sy;
    case isa::Cond::lt: return x < y;
    case isa::Cond::le: return x <= y;
    case isa::Cond::slt: return sx < sy;
    case isa::Cond::sle: return sx <= sy;
  }
  return false;
}

constexpr bool holds(isa::Cond cond, isa::Width width, uint64_t x, uint64_t y) noexcept {
  if (width == isa::Width::w64) return holds<uint64_t>(cond, x, y);
  return holds<uint32_t>(cond, static_cast<uint32_t>(x), static_cast<uint32_t>(y));
}

/// dst = -dst.
constexpr uint64_t negate(isa::Width width, uint64_t x) noexcept { return alu(isa::Alu::sub, width, 0, x); }

/// The low `source` bits of x as a signed number, in `width` bits (RFC 9669 4.1, movsx).
constexpr uint64_t sign_extend(isa::Width source, isa::Width width, uint64_t x) noexcept {
  const unsigned unused = 64 - isa::bits(source);
  const auto wide = static_cast<uint64_t>(static_cast<int64_t>(x << unused) >> unused);
  return width == isa::Width::w64 ? wide : static_cast<uint32_t>(wide);
}

/// The low `width` bits of x in another byte order, zero above (RFC 9669 4.2). The machine is little-endian.
constexpr uint64_t swap(isa::Swap order, isa::Width width, uint64_t x) noexcept {
  const unsigned unused = 64 - isa::bits(width);
  switch (order) {
    case isa::Swap::to_le: return x << unused >> unused;
    case isa::Swap::to_be:
    case isa::Swap::bswap: return std::byteswap(x) >> unused;
  }
  return 0;
}

}  // namespace saya::interp
