// A program decoded for the threaded engine.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "abi/helper_spec.h"
#include "abi/tables.h"
#include "base/result.h"
#include "program/program.h"
#include "program/verified.h"

namespace saya::interp {

enum class Handler : uint16_t {
#define SAYA_HANDLER(name) name,
#include "interp/handlers.def"
};

/// One instruction, ready to run: where its code is, and its operands.
struct Op {
  const void* handler = nullptr;  ///< A label of Machine::execute().
  uint8_t dst = 0;
  uint8_t src = 0;        ///< For memory accesses the base is in src (loads) or dst (stores), as in isa::Insn.
  int16_t offset = 0;     ///< Memory accesses.
  uint8_t width = 0;      ///< isa::Width, where the handler does not imply it.
  uint8_t operation = 0;  ///< Atomics: isa::Atomic.
  int8_t result = -1;     ///< Atomics: the register that receives the old value, or -1.
  uint8_t ctx_field = 0;  ///< 0, or 1 + index into abi::ctx_fields() when the access, made through r1, goes there.
  int32_t target = 0;     ///< Jumps and local calls: distance in ops from this one.
  uint64_t imm = 0;       ///< The immediate operand; a helper's const abi::HelperSpec*.
};

/// What a register holds that points to a function of the program: a tag that is no address on any machine saya runs
/// on, and the function's op.
inline constexpr uint64_t kFunctionTag = uint64_t{0xf5a9} << 48;

/// BPF_FUNC_tail_call: the one helper that the engine itself is.
inline constexpr uint32_t kTailCall = 12;
/// BPF_FUNC_map_lookup_elem: the one helper that takes a map of maps.
inline constexpr uint32_t kMapLookup = 1;

/// The kernel function that the engine itself is.
inline constexpr std::string_view kThrow = "bpf_throw";
inline constexpr uint32_t kNoCallback = UINT32_MAX;

/// A decoded program and what it keeps alive. Immutable.
struct Decoded {
  program::ProgramPtr program;
  abi::HelperTable helpers;
  std::optional<abi::Hook> hook;  ///< Nothing for run_on_memory().
  bool checked = true;
  std::vector<Op> ops;
  std::vector<uint32_t> slots;                ///< By op: its slot in program->code.
  std::vector<uint32_t> functions;            ///< Ops that are a function's first, sorted.
  uint32_t exception_callback = kNoCallback;  ///< The op where what a throw calls begins.

  bool is_function(uint64_t value) const noexcept;
};

/// Decodes `program` for the checked (no facts) or the unchecked engine. Refuses what cannot be decoded or run, naming
/// the slot, in the kernel verifier's words where it has some.
Result<Decoded> decode(program::ProgramPtr program, abi::HelperTable helpers, std::optional<abi::Hook> hook,
                       bool checked, const program::Facts* facts);

}  // namespace saya::interp
