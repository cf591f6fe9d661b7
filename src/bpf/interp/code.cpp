// From wire format to Ops. What is refused here is what Linux 6.18's verifier refuses before it looks at values.
#include "interp/code.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "abi/ctx.h"
#include "abi/kernel_calls.h"
#include "interp/atomic.h"
#include "interp/machine.h"
#include "map/redirect_map.h"

namespace saya::interp {
namespace {

using isa::Insn;
using isa::Kind;
using isa::Width;

constexpr uint32_t kNotAnOp = UINT32_MAX;

constexpr unsigned index(Width width) { return static_cast<unsigned>(width); }
constexpr Handler step(Handler first, size_t by) { return static_cast<Handler>(static_cast<size_t>(first) + by); }

// The first handlers of rows whose names depend on ops.def.
#define SAYA_ALU(name, ...) Handler::alu_##name##_w32_reg,
constexpr Handler kAlu[] = {
#include "isa/ops.def"
};
#define SAYA_COND(name, ...) Handler::branch_##name##_w32_reg,
constexpr Handler kBranch[] = {
#include "isa/ops.def"
};
#define SAYA_SWAP(name, ...) Handler::swap_##name##_w16,
constexpr Handler kSwap[] = {
#include "isa/ops.def"
};

Handler two_operand(Handler first, const Insn& insn) {
  return step(first, (insn.width == Width::w64 ? 2 : 0) + (insn.imm_operand ? 1 : 0));
}

/// Whether the program would change its frame pointer.
bool writes_frame_pointer(const Insn& insn) {
  switch (insn.kind) {
    case Kind::alu:
    case Kind::neg:
    case Kind::move_extend:
    case Kind::swap:
    case Kind::load:
    case Kind::load_extend:
    case Kind::load_imm: return insn.dst == 10;
    case Kind::atomic: return result_register(insn) == 10;
    case Kind::store:
    case Kind::load_packet:
    case Kind::jump:
    case Kind::branch:
    case Kind::may_goto:
    case Kind::call:
    case Kind::exit: return false;
  }
  return false;
}

class Decoder {
 public:
  Decoder(Decoded& out, const program::Facts* facts)
      : out_(out), facts_(facts), labels_(Machine::labels(out.checked)), op_at_(out.program->code.size(), kNotAnOp) {}

  Result<> decode() {
    SAYA_CHECK(read());
    for (size_t i = 0; i < insns_.size(); ++i)
      if (auto done = place(i); !done)
        return std::unexpected(std::move(done).error().at(fmt::format("insn {}", slot(i))));
    for (const program::Subprogram& function : out_.program->subprograms) add_function(function.start);
    if (const auto start = out_.program->exception_callback; start && *start < op_at_.size())
      out_.exception_callback = op_at_[*start];
    std::ranges::sort(out_.functions);
    const auto again = std::ranges::unique(out_.functions);
    out_.functions.erase(again.begin(), again.end());
    return {};
  }

 private:
  uint32_t slot(size_t i) const { return out_.slots[i]; }

  Result<> read() {
    if (out_.program->code.empty()) return fail(Code::malformed, "the program has no instructions");
    SAYA_TRY(insns_, isa::decode_all(out_.program->code, &out_.slots));
    for (size_t i = 0; i < insns_.size(); ++i) op_at_[slot(i)] = static_cast<uint32_t>(i);
    const Kind last = insns_.back().kind;
    if (last != Kind::exit && last != Kind::jump)
      return fail(Code::malformed, fmt::format("insn {}: last insn is not an exit or jmp", out_.slots.back()));
    out_.ops.resize(insns_.size());
    return {};
  }

  Result<> place(size_t i) {
    const Insn& insn = insns_[i];
    Op& op = out_.ops[i];
    op.dst = insn.dst;
    op.src = insn.src;
    op.offset = insn.offset;
    op.width = static_cast<uint8_t>(insn.width);
    op.imm = static_cast<uint64_t>(insn.imm);
    SAYA_TRY(const Handler handler, fill(i, op));
    op.handler = labels_[static_cast<size_t>(handler)];
    return {};
  }

  Result<Handler> fill(size_t i, Op& op) {
    const Insn& insn = insns_[i];
    if (writes_frame_pointer(insn)) return Handler::frame_pointer_write;  // The kernel minds only where it is reached.
    switch (insn.kind) {  // No default: a new row in isa/ops.def must fail to compile here.
      case Kind::alu: return two_operand(kAlu[static_cast<size_t>(insn.alu)], insn);
      case Kind::neg: return insn.width == Width::w64 ? Handler::neg_w64 : Handler::neg_w32;
      case Kind::move_extend:
        return step(insn.width == Width::w64 ? Handler::move_extend_w64_from_w8 : Handler::move_extend_w32_from_w8,
                    index(insn.source_width));
      case Kind::swap: return step(kSwap[static_cast<size_t>(insn.swap)], index(insn.width) - 1);
      case Kind::load:
      case Kind::load_extend: return load(i, op);
      case Kind::store: return store(i, op);
      case Kind::atomic:
        op.operation = static_cast<uint8_t>(insn.atomic);
        op.result = static_cast<int8_t>(result_register(insn));
        if (insn.atomic == isa::Atomic::load_acquire) std::swap(op.dst, op.src);  // The base is always in dst.
        return step(Handler::atomic_w8, index(insn.width));
      case Kind::load_imm: return load_imm(i, op);
      case Kind::load_packet:
        if (out_.hook == abi::Hook::xdp)
          return fail(Code::not_permitted, "BPF_LD_[ABS|IND] instructions not allowed for this program type");
        op.operation = insn.imm_operand;
        return Handler::load_packet;
      case Kind::jump: SAYA_CHECK(aim(i, op)); return Handler::jump;
      case Kind::branch: SAYA_CHECK(aim(i, op)); return two_operand(kBranch[static_cast<size_t>(insn.cond)], insn);
      case Kind::may_goto: SAYA_CHECK(aim(i, op)); return Handler::may_goto;
      case Kind::call: return call(i, op);
      case Kind::exit: return Handler::exit;
    }
    return fail(Code::unsupported, "unknown instruction kind");
  }

  /// The context field that the verifier proved the access goes to, or the one it would be for an access through r1.
  const abi::CtxField* field(size_t i, Op& op) const {
    const Insn& insn = insns_[i];
    if (!out_.checked) {
      const auto& proved = facts_ ? facts_->ctx_field : std::vector<uint8_t>{};
      op.ctx_field = slot(i) < proved.size() ? proved[slot(i)] : uint8_t{0};
      return op.ctx_field ? &abi::ctx_fields()[op.ctx_field - 1u] : nullptr;
    }
    if (!out_.hook || insn.offset < 0) return nullptr;
    const abi::CtxField* found = abi::find_ctx_access(*out_.hook, static_cast<uint32_t>(insn.offset),
                                                      isa::bytes(insn.width), insn.kind == Kind::store, at_devmap());
    if (found) op.ctx_field = static_cast<uint8_t>(1 + (found - abi::ctx_fields().data()));
    return found;
  }

  bool at_devmap() const { return out_.program->expected_attach_type == kXdpDevmap; }

  Result<Handler> load(size_t i, Op& op) {
    const Insn& insn = insns_[i];
    const abi::CtxField* ctx = field(i, op);
    const bool extend = insn.kind == Kind::load_extend;
    if (out_.checked || !ctx) return step(extend ? Handler::load_extend_w8 : Handler::load_w8, index(insn.width));
    return rewrite(*ctx, insn, op);
  }

  /// A context load as the load from the Packet that it stands for, as the kernel's convert_ctx_access() has it.
  static Handler rewrite(const abi::CtxField& ctx, const Insn& insn, Op& op) {
    const uint32_t wanted = isa::bytes(insn.width);
    const abi::MemberBytes bytes = abi::member_bytes(ctx, static_cast<uint32_t>(insn.offset), wanted);
    op.offset = static_cast<int16_t>(bytes.offset);
    if (bytes.size == 0) {
      op.imm = 0;
      return Handler::alu_mov_w64_imm;
    }
    const bool extend = insn.kind == Kind::load_extend && bytes.size == wanted;  // A narrower one has a zero above it.
    return step(extend ? Handler::load_extend_w8 : Handler::load_w8, static_cast<size_t>(std::countr_zero(bytes.size)));
  }

  Result<Handler> store(size_t i, Op& op) {
    const Insn& insn = insns_[i];
    const abi::CtxField* ctx = field(i, op);
    if (!out_.checked && ctx) return insn.imm_operand ? Handler::store_ctx_imm : Handler::store_ctx_reg;
    return step(insn.imm_operand ? Handler::store_imm_w8 : Handler::store_reg_w8, index(insn.width));
  }

  Result<Handler> load_imm(size_t i, Op& op) {
    const Insn& insn = insns_[i];
    switch (insn.pseudo) {
      case isa::Pseudo::value: break;
      case isa::Pseudo::func: {
        SAYA_TRY(const uint32_t target, function_at(slot(i) + int64_t{1} + static_cast<int32_t>(insn.imm), i));
        op.imm = kFunctionTag | target;
        break;
      }
      case isa::Pseudo::map_index:
      case isa::Pseudo::map_index_value: {
        SAYA_TRY(op.imm, map_reference(insn));
        break;
      }
      case isa::Pseudo::map_fd:
      case isa::Pseudo::map_value:
        return fail(Code::unsupported,
                    fmt::format("fd {} is not pointing to valid bpf_map", static_cast<int32_t>(insn.imm)));
      case isa::Pseudo::btf_id: {
        SAYA_TRY(op.imm, extern_address(insn));
        break;
      }
    }
    return Handler::alu_mov_w64_imm;
  }

  Result<uint64_t> map_reference(const Insn& insn) const {
    const auto number = static_cast<uint32_t>(insn.imm);
    const auto offset = static_cast<uint32_t>(static_cast<uint64_t>(insn.imm) >> 32);
    const auto& maps = out_.program->maps;
    if (number >= maps.size()) return fail(Code::malformed, fmt::format("map {} of {}", number, maps.size()));
    Map& map = *maps[number];
    if (insn.pseudo == isa::Pseudo::map_index) return reinterpret_cast<uint64_t>(&map);
    const MapSpec& spec = map.spec();
    if (spec.type != static_cast<uint32_t>(MapKind::array))
      return fail(Code::not_permitted, fmt::format("map '{}' is no array: it has no first value", spec.name));
    if (offset >= spec.value_size)
      return fail(Code::not_permitted, fmt::format("invalid access to map value pointer, map '{}' value_size={} off={}",
                                                   spec.name, spec.value_size, offset));
    constexpr std::byte kFirst[4] = {};
    return reinterpret_cast<uint64_t>(map.lookup(kFirst, 0)) + offset;
  }

  Result<Handler> call(size_t i, Op& op) {
    const Insn& insn = insns_[i];
    if (const auto* poison = out_.program->poison_at(slot(i))) {
      op.imm = reinterpret_cast<uint64_t>(poison);
      return Handler::poisoned;
    }
    switch (insn.callee) {
      case isa::Callee::helper: return helper(static_cast<uint32_t>(insn.imm), op);
      case isa::Callee::local: {
        SAYA_TRY(const uint32_t target, function_at(slot(i) + int64_t{1} + insn.jump, i));
        op.target = static_cast<int32_t>(target) - static_cast<int32_t>(i);
        return Handler::call_local;
      }
      case isa::Callee::kfunc: return kernel_function(insn, op);
      case isa::Callee::indirect: return Handler::call_indirect;
    }
    return fail(Code::unsupported, "unknown callee");
  }

  /// Of a function or variable; bare instructions have only a number.
  std::string extern_name(const Insn& insn) const {
    const auto number = static_cast<uint32_t>(insn.imm);
    const auto& externs = out_.program->externs;
    return number < externs.size() ? fmt::format("'{}'", externs[number].name) : fmt::format("#{}", number);
  }

  const abi::HelperSpec* find_function(const Insn& insn) const {
    const auto number = static_cast<uint32_t>(insn.imm);
    const auto& externs = out_.program->externs;
    if (number >= externs.size() || externs[number].kind != object::Extern::Kind::function) return nullptr;
    return abi::find_kernel_function(out_.helpers, externs[number].name);
  }

  /// What programs compare with null: bpf_ksym_exists(). No address that they may read.
  Result<uint64_t> extern_address(const Insn& insn) const {
    if (const abi::HelperSpec* spec = find_function(insn)) return reinterpret_cast<uint64_t>(spec);
    return fail(Code::unsupported, fmt::format("kernel variable {}: there is no kernel here", extern_name(insn)));
  }

  /// Whether the kernel lets programs of this type and licence call the function is told by name.
  Result<Handler> kernel_function(const Insn& insn, Op& op) const {
    const abi::HelperSpec* spec = find_function(insn);
    if (!spec) return fail(Code::unsupported, fmt::format("kernel function {} is not supported", extern_name(insn)));
    if (!out_.program->gpl_compatible)
      return fail(Code::not_permitted, "cannot call kernel function from non-GPL compatible program");
    const abi::KernelFunction* known = abi::find_kernel_function(spec->name);
    if (known && !(known->callers & program::caller_of(out_.program->type)))
      return fail(Code::not_permitted, fmt::format("calling kernel function {} is not allowed", spec->name));
    op.imm = reinterpret_cast<uint64_t>(spec);
    return spec->name == kThrow ? Handler::throw_exception : Handler::call_helper;
  }

  Result<Handler> helper(uint32_t id, Op& op) const {
    const abi::HelperSpec* spec = abi::find_helper(out_.helpers, id);
    if (!spec || abi::is_kernel_function(*spec))
      return fail(Code::unsupported, fmt::format("invalid func unknown#{}", static_cast<int32_t>(id)));
    op.imm = reinterpret_cast<uint64_t>(spec);
    if (out_.hook) SAYA_CHECK(check_caller(*spec));
    return id == kTailCall ? Handler::tail_call : Handler::call_helper;
  }

  /// Whether the kernel lets programs of this type and licence call the helper.
  Result<> check_caller(const abi::HelperSpec& spec) const {
    const abi::KernelHelper* known = abi::find_kernel_helper(spec.id);
    if (known && !(known->callers & program::caller_of(out_.program->type)))
      return fail(Code::not_permitted,
                  fmt::format("program of this type cannot use helper bpf_{}#{}", spec.name, spec.id));
    if (known && known->gpl_only && !out_.program->gpl_compatible)
      return fail(Code::not_permitted,
                  fmt::format("bpf_{}#{}: cannot call GPL-restricted function from non-GPL compatible program",
                              spec.name, spec.id));
    return {};
  }

  /// The op at a slot that a jump or call goes to.
  Result<uint32_t> op_at(int64_t to, size_t from) const {
    if (to < 0 || to >= std::ssize(op_at_))
      return fail(Code::malformed, fmt::format("jump out of range from insn {} to {}", slot(from), to));
    const uint32_t op = op_at_[static_cast<size_t>(to)];
    if (op == kNotAnOp) return fail(Code::malformed, fmt::format("jump into the middle of ldimm64 insn {}", to - 1));
    return op;
  }

  Result<uint32_t> function_at(int64_t to, size_t from) {
    SAYA_TRY(const uint32_t op, op_at(to, from));
    out_.functions.push_back(op);
    return op;
  }

  void add_function(uint32_t start) {
    if (start < op_at_.size() && op_at_[start] != kNotAnOp) out_.functions.push_back(op_at_[start]);
  }

  Result<> aim(size_t i, Op& op) const {
    SAYA_TRY(const uint32_t target, op_at(slot(i) + int64_t{1} + insns_[i].jump, i));
    op.target = static_cast<int32_t>(target) - static_cast<int32_t>(i);
    return {};
  }

  Decoded& out_;
  const program::Facts* facts_;
  const void* const* labels_;
  std::vector<uint32_t> op_at_;
  std::vector<Insn> insns_;
};

}  // namespace

bool Decoded::is_function(uint64_t value) const noexcept {
  if ((value ^ kFunctionTag) > UINT32_MAX) return false;
  return std::ranges::binary_search(functions, static_cast<uint32_t>(value));
}

Result<Decoded> decode(program::ProgramPtr program, abi::HelperTable helpers, std::optional<abi::Hook> hook,
                       bool checked, const program::Facts* facts) {
  Decoded out;
  out.program = std::move(program);
  out.helpers = helpers;
  out.hook = hook;
  out.checked = checked;
  SAYA_CHECK(Decoder(out, facts).decode());
  return out;
}

}  // namespace saya::interp
