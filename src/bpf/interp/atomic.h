// What the atomic instructions mean (RFC 9669 5.3; load_acquire and store_release as Linux 6.18 has them).
#pragma once

#include <concepts>
#include <cstdint>

#include "isa/insn.h"

namespace saya::interp {

/// Performs `op` on the naturally aligned T at `at`, really atomically: maps are shared between workers.
/// `value` is the operand register, `r0` the register that cmpxchg compares with. Returns what lay there before (or was
/// loaded), zero-extended; result_register() says where that goes.
template <std::unsigned_integral T>
uint64_t atomic(isa::Atomic op, T* at, uint64_t value, uint64_t r0) noexcept {
  const auto operand = static_cast<T>(value);
  switch (op) {  // No default: a new row in isa/ops.def must fail to compile here.
    case isa::Atomic::add:
    case isa::Atomic::fetch_add: return __atomic_fetch_add(at, operand, __ATOMIC_SEQ_CST);
    case isa::Atomic::or_:
    case isa::Atomic::fetch_or: return __atomic_fetch_or(at, operand, __ATOMIC_SEQ_CST);
    case isa::Atomic::and_:
    case isa::Atomic::fetch_and: return __atomic_fetch_and(at, operand, __ATOMIC_SEQ_CST);
    case isa::Atomic::xor_:
    case isa::Atomic::fetch_xor: return __atomic_fetch_xor(at, operand, __ATOMIC_SEQ_CST);
    case isa::Atomic::xchg: return __atomic_exchange_n(at, operand, __ATOMIC_SEQ_CST);
    case isa::Atomic::cmpxchg: {
      auto expected = static_cast<T>(r0);
      __atomic_compare_exchange_n(at, &expected, operand, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
      return expected;
    }
    case isa::Atomic::load_acquire: return __atomic_load_n(at, __ATOMIC_ACQUIRE);
    case isa::Atomic::store_release: __atomic_store_n(at, operand, __ATOMIC_RELEASE); return 0;
  }
  return 0;
}

/// The register that receives atomic()'s answer: of `insn`, a kind atomic; -1 for none.
constexpr int result_register(const isa::Insn& insn) noexcept {
  switch (insn.atomic) {
    case isa::Atomic::add:
    case isa::Atomic::or_:
    case isa::Atomic::and_:
    case isa::Atomic::xor_:
    case isa::Atomic::store_release: return -1;
    case isa::Atomic::fetch_add:
    case isa::Atomic::fetch_or:
    case isa::Atomic::fetch_and:
    case isa::Atomic::fetch_xor:
    case isa::Atomic::xchg: return insn.src;
    case isa::Atomic::cmpxchg: return 0;
    case isa::Atomic::load_acquire: return insn.dst;
  }
  return -1;
}

}  // namespace saya::interp
