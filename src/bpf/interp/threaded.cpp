// The threaded loop: every handler ends with a jump to the next one (computed goto). One template is both engines; the
// checked one asks the machine before each access. RFC 9669 decides what an instruction means; alu.h and atomic.h say
// it.
#include <fmt/format.h>

#include <cstring>

#include "abi/ctx.h"
#include "base/bytes.h"
#include "interp/alu.h"
#include "interp/atomic.h"
#include "interp/machine.h"

// Labels as values are GNU C; g++ and clang both have them.
#pragma GCC diagnostic ignored "-Wpedantic"

namespace saya::interp {
namespace {

uint32_t low(uint64_t x) { return static_cast<uint32_t>(x); }
uint64_t at(uint64_t base, const Op* op) { return base + static_cast<uint64_t>(int64_t{op->offset}); }
template <class T>
T* pointer(uint64_t address) {
  return reinterpret_cast<T*>(address);
}

}  // namespace

#define SAYA_NEXT       \
  do {                  \
    ++op;               \
    goto * op->handler; \
  } while (false)

// A backward jump costs a checked program some of its budget.
#define SAYA_JUMP                                      \
  do {                                                 \
    if constexpr (kChecked)                            \
      if (op->target <= 0 && !spend(op)) goto stopped; \
    op += op->target;                                  \
    goto * op->handler;                                \
  } while (false)

#define SAYA_LOAD(T, width, sign)                                                          \
  {                                                                                        \
    const uint64_t address = at(r[op->src], op);                                           \
    if constexpr (kChecked)                                                                \
      if (!touches(address, sizeof(T), Access::read)) {                                    \
        const Load how = load_elsewhere(op, address, isa::Width::width, sign, r[op->dst]); \
        if (how == Load::stopped) goto stopped;                                            \
        if (how == Load::done) SAYA_NEXT;                                                  \
      }                                                                                    \
    r[op->dst] = static_cast<uint64_t>(load<T>(pointer<void>(address)));                   \
    SAYA_NEXT;                                                                             \
  }

#define SAYA_STORE(T, operand)                                             \
  {                                                                        \
    const uint64_t address = at(r[op->dst], op);                           \
    if constexpr (kChecked)                                                \
      if (!touches(address, sizeof(T), Access::write)) {                   \
        const Load how = store_elsewhere(op, address, sizeof(T), operand); \
        if (how == Load::stopped) goto stopped;                            \
        if (how == Load::done) SAYA_NEXT;                                  \
      }                                                                    \
    store(pointer<void>(address), static_cast<T>(operand));                \
    SAYA_NEXT;                                                             \
  }

#define SAYA_ATOMIC_OP(T)                                                                                        \
  {                                                                                                              \
    const uint64_t address = at(r[op->dst], op);                                                                 \
    if constexpr (kChecked)                                                                                      \
      if (!check_atomic(op, address, sizeof(T))) goto stopped;                                                   \
    const uint64_t old = atomic(static_cast<isa::Atomic>(op->operation), pointer<T>(address), r[op->src], r[0]); \
    if (op->result >= 0) r[static_cast<size_t>(op->result)] = old;                                               \
    SAYA_NEXT;                                                                                                   \
  }

template <bool kChecked>
[[gnu::noinline]] uint64_t Machine::execute(const Op* op, Registers& registers) noexcept {
  static const void* const kLabels[] = {
#define SAYA_HANDLER(name) &&name,
#include "interp/handlers.def"
  };
  if (!op) return reinterpret_cast<uint64_t>(kLabels);

  uint64_t* const r = registers.data();
  const uint32_t base = depth_;
  goto * op->handler;

#define SAYA_ALU(name, ...)                                                                  \
  alu_##name##_w32_reg : r[op->dst] = alu(isa::Alu::name, low(r[op->dst]), low(r[op->src])); \
  SAYA_NEXT;                                                                                 \
  alu_##name##_w32_imm : r[op->dst] = alu(isa::Alu::name, low(r[op->dst]), low(op->imm));    \
  SAYA_NEXT;                                                                                 \
  alu_##name##_w64_reg : r[op->dst] = alu(isa::Alu::name, r[op->dst], r[op->src]);           \
  SAYA_NEXT;                                                                                 \
  alu_##name##_w64_imm : r[op->dst] = alu(isa::Alu::name, r[op->dst], op->imm);              \
  SAYA_NEXT;
#include "isa/ops.def"

#define SAYA_COND(name, ...)                                                                         \
  branch_##name##_w32_reg : if (holds(isa::Cond::name, low(r[op->dst]), low(r[op->src]))) SAYA_JUMP; \
  SAYA_NEXT;                                                                                         \
  branch_##name##_w32_imm : if (holds(isa::Cond::name, low(r[op->dst]), low(op->imm))) SAYA_JUMP;    \
  SAYA_NEXT;                                                                                         \
  branch_##name##_w64_reg : if (holds(isa::Cond::name, r[op->dst], r[op->src])) SAYA_JUMP;           \
  SAYA_NEXT;                                                                                         \
  branch_##name##_w64_imm : if (holds(isa::Cond::name, r[op->dst], op->imm)) SAYA_JUMP;              \
  SAYA_NEXT;
#include "isa/ops.def"

#define SAYA_SWAP(name, ...)                                                           \
  swap_##name##_w16 : r[op->dst] = swap(isa::Swap::name, isa::Width::w16, r[op->dst]); \
  SAYA_NEXT;                                                                           \
  swap_##name##_w32 : r[op->dst] = swap(isa::Swap::name, isa::Width::w32, r[op->dst]); \
  SAYA_NEXT;                                                                           \
  swap_##name##_w64 : r[op->dst] = swap(isa::Swap::name, isa::Width::w64, r[op->dst]); \
  SAYA_NEXT;
#include "isa/ops.def"

neg_w32:
  r[op->dst] = negate(isa::Width::w32, r[op->dst]);
  SAYA_NEXT;
neg_w64:
  r[op->dst] = negate(isa::Width::w64, r[op->dst]);
  SAYA_NEXT;

#define SAYA_MOVE_EXTEND(width, source)                                                                              \
  move_extend_##width##_from_##source : r[op->dst] = sign_extend(isa::Width::source, isa::Width::width, r[op->src]); \
  SAYA_NEXT;
  SAYA_MOVE_EXTEND(w32, w8)
  SAYA_MOVE_EXTEND(w32, w16)
  SAYA_MOVE_EXTEND(w32, w32)
  SAYA_MOVE_EXTEND(w64, w8)
  SAYA_MOVE_EXTEND(w64, w16)
  SAYA_MOVE_EXTEND(w64, w32)
#undef SAYA_MOVE_EXTEND

load_w8:
  SAYA_LOAD(uint8_t, w8, false)
load_w16:
  SAYA_LOAD(uint16_t, w16, false)
load_w32:
  SAYA_LOAD(uint32_t, w32, false)
load_w64:
  SAYA_LOAD(uint64_t, w64, false)
load_extend_w8:
  SAYA_LOAD(int8_t, w8, true)
load_extend_w16:
  SAYA_LOAD(int16_t, w16, true)
load_extend_w32:
  SAYA_LOAD(int32_t, w32, true)

store_reg_w8:
  SAYA_STORE(uint8_t, r[op->src])
store_reg_w16:
  SAYA_STORE(uint16_t, r[op->src])
store_reg_w32:
  SAYA_STORE(uint32_t, r[op->src])
store_reg_w64:
  SAYA_STORE(uint64_t, r[op->src])
store_imm_w8:
  SAYA_STORE(uint8_t, op->imm)
store_imm_w16:
  SAYA_STORE(uint16_t, op->imm)
store_imm_w32:
  SAYA_STORE(uint32_t, op->imm)
store_imm_w64:
  SAYA_STORE(uint64_t, op->imm)

store_ctx_reg:
  store_ctx(op, r[op->dst], r[op->src]);
  SAYA_NEXT;
store_ctx_imm:
  store_ctx(op, r[op->dst], op->imm);
  SAYA_NEXT;

atomic_w8:
  SAYA_ATOMIC_OP(uint8_t)
atomic_w16:
  SAYA_ATOMIC_OP(uint16_t)
atomic_w32:
  SAYA_ATOMIC_OP(uint32_t)
atomic_w64:
  SAYA_ATOMIC_OP(uint64_t)

load_packet:
  if (load_packet(op, registers, r[0])) SAYA_NEXT;
  r[0] = 0;  // Out of range: the function returns 0.
  goto exit;

jump:
  SAYA_JUMP;
may_goto:
  if (may_gotos_ == 0) SAYA_JUMP;
  --may_gotos_;
  SAYA_NEXT;

call_helper: {
  const auto* helper = reinterpret_cast<const abi::HelperSpec*>(op->imm);
  if constexpr (kChecked)
    if (!check_arguments(op, *helper, registers)) goto stopped;
  calling_ = op;
  r[0] = helper->call(*run_, r[1], r[2], r[3], r[4], r[5]);
  if (run_->faulted) [[unlikely]]
    goto stopped;
  if constexpr (kChecked) after_helper(*helper, registers);
  SAYA_NEXT;
}
call_local:
  if constexpr (kChecked)
    if (!spend(op)) goto stopped;
  if (!push(op, registers)) goto stopped;
  op += op->target;
  goto * op->handler;
call_indirect:
  if (code_->is_function(r[op->dst])) {
    const Op* const function = &code_->ops[low(r[op->dst])];
    if (!spend(op) || !push(op, registers)) goto stopped;
    op = function;
    goto * op->handler;
  } else {
    const abi::HelperSpec* helper = indirect_helper(op, r[op->dst]);
    if (!helper || !check_arguments(op, *helper, registers)) goto stopped;
    calling_ = op;
    r[0] = helper->call(*run_, r[1], r[2], r[3], r[4], r[5]);
    if (run_->faulted) goto stopped;
    after_helper(*helper, registers);
    SAYA_NEXT;
  }
tail_call:
  switch (tail_call(op, registers)) {
    case Tail::missed: SAYA_NEXT;
    case Tail::entered: op = code_->ops.data(); goto * op->handler;
    case Tail::finished: goto exit;
    case Tail::stopped: goto stopped;
  }
throw_exception:
  if (!raise(op, base, registers)) goto stopped;
  if (code_->exception_callback == kNoCallback) return r[0];
  op = &code_->ops[code_->exception_callback];
  goto * op->handler;
poisoned:
  fault(op, fmt::format("is poisoned: {}", reinterpret_cast<const program::Poison*>(op->imm)->why));
  goto stopped;
frame_pointer_write:
  fault(op, "is not allowed: frame pointer is read only");
  goto stopped;
exit:
  if (depth_ == base) {
    if constexpr (kChecked)
      if (base == 0 && !gives_back(op)) goto stopped;
    return r[0];
  }
  op = pop(registers);
  goto * op->handler;
stopped:
  run_->faulted = true;
  return 0;
}

const void* const* Machine::labels(bool checked) noexcept {
  Machine machine;
  Registers none{};
  const uint64_t address = checked ? machine.execute<true>(nullptr, none) : machine.execute<false>(nullptr, none);
  return reinterpret_cast<const void* const*>(address);
}

uint64_t Machine::execute_from(const Op* op, Registers& r) noexcept {
  return code_->checked ? execute<true>(op, r) : execute<false>(op, r);
}

}  // namespace saya::interp
