// The entry points: a program becomes an Executable, or runs over bare memory.
#include "interp/interp.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "interp/engine.h"
#include "interp/machine.h"

namespace saya::interp {
namespace {

/// A store whose base is not the frame pointer may reach the frame (atomics on packets are refused), and so may
/// whatever program a tail call finds in its slot.
bool may_write_packet(const isa::Insn& insn) {
  if (insn.kind == isa::Kind::store) return insn.dst != 10;
  return insn.kind == isa::Kind::call && insn.callee == isa::Callee::helper && insn.imm == kTailCall;
}

bool may_write_packet(const program::Program& program) {
  const auto insns = isa::decode_all(program.code);
  return !insns || std::ranges::any_of(*insns, [](const isa::Insn& insn) { return may_write_packet(insn); });
}

abi::Executable::Identity identify(const program::Program& program, abi::Hook hook) {
  return {.name = program.name,
          .origin = program.origin,
          .hook = hook,
          .tag = program.tag,
          .frags = program.frags,
          .writes_packet = may_write_packet(program),
          .expected_attach_type = program.expected_attach_type,
          .object_types = program.object_types};
}

Result<abi::ExecutablePtr> make(program::ProgramPtr program, abi::HelperTable helpers, bool checked,
                                const program::Facts* facts, Limits limits) {
  const auto hook = program::hook_of(program->type);
  if (!hook)
    return fail(Code::unsupported, fmt::format("program '{}' has type {}, which is no packet hook of saya",
                                               program->name, static_cast<uint32_t>(program->type)));
  auto identity = identify(*program, *hook);
  auto code = decode(std::move(program), helpers, hook, checked, facts);
  if (!code) return std::unexpected(std::move(code).error().at(fmt::format("program '{}'", identity.name)));
  return std::make_shared<const Interpreted>(std::move(identity), *std::move(code), limits);
}

/// Keeps the fault of a run, and hands trace lines on.
class FaultKeeper final : public abi::Listener {
 public:
  explicit FaultKeeper(abi::Listener* next) : next_(next) {}
  void on_trace(const abi::Run& run, std::string_view line) override {
    if (next_) next_->on_trace(run, line);
  }
  void on_fault(const abi::Run&, const abi::Fault& fault) override { message = fault.message; }
  std::string message;

 private:
  abi::Listener* next_;
};

}  // namespace

Interpreted::Interpreted(Identity identity, Decoded code, Limits limits)
    : Executable(std::move(identity)), code_(std::move(code)), limits_(limits) {}

void Interpreted::run(std::span<abi::Run> runs, std::span<uint64_t> results) const noexcept {
  Machine machine(limits_);
  for (size_t i = 0; i < runs.size(); ++i) {
    runs[i].program = this;
    results[i] = machine.run(code_, runs[i]);
  }
}

uint64_t Interpreted::enter(abi::Run& run) const noexcept {
  Machine machine(limits_);
  run.program = this;
  return machine.run(code_, run);
}

uint64_t Interpreted::call(abi::Run& run, uint64_t function, Map& map, std::span<const std::byte> key,
                           std::byte* value) const noexcept {
  if (!code_.is_function(function)) return 0;
  Machine machine(limits_);
  run.program = this;
  return machine.call(code_, run, function, map, key, value);
}

Result<abi::ExecutablePtr> run_checked(program::ProgramPtr program, abi::HelperTable helpers, Limits limits) {
  return make(std::move(program), helpers, true, nullptr, limits);
}

Result<abi::ExecutablePtr> compile(const program::Verified& program, abi::HelperTable helpers) {
  return make_unchecked(program.shared_program(), helpers, program.facts());
}

Result<abi::ExecutablePtr> make_unchecked(program::ProgramPtr program, abi::HelperTable helpers,
                                          const program::Facts& facts) {
  return make(std::move(program), helpers, false, &facts, {});
}

Result<uint64_t> run_on_memory(const program::ProgramPtr& program, abi::HelperTable helpers,
                               std::span<std::byte> memory, const abi::Services& services) {
  SAYA_TRY(const Decoded code, decode(program, helpers, std::nullopt, true, nullptr));
  FaultKeeper keeper(services.listener);
  abi::Services lent = services;
  lent.listener = &keeper;
  abi::Run run{.services = &lent};
  Machine machine;
  const uint64_t r0 = machine.run_on_memory(code, run, memory);
  if (run.faulted) return fail(Code::not_permitted, std::move(keeper.message));
  return r0;
}

}  // namespace saya::interp
