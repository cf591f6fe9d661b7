// Kernel functions and variables in a program that is being linked. What is weak and missing becomes what libbpf makes
// of it (bpf_object__relocate_data(), tools/lib/bpf/libbpf.c, Linux 6.12), so that tags agree.
#include "program/externs.h"

#include <fmt/format.h>

#include "btf/name_index.h"
#include "isa/opcodes.h"

namespace saya::program {
namespace {

using isa::RawInsn;
using object::Extern;
using object::Relocation;

using isa::kCallKfunc;

constexpr std::string_view word_of(Extern::Kind kind) {
  return kind == Extern::Kind::function ? "function" : "variable";
}

/// "bpf_foo" of "bpf_foo___v2": several declarations of one function.
std::string_view name_in_kernel(const Extern& wanted) {
  return wanted.kind == Extern::Kind::function ? btf::without_flavour(wanted.name) : std::string_view(wanted.name);
}

/// A variable that was not declared to be the kernel's has no business with one of the same name there.
bool is_unexplained(const Extern& wanted) { return wanted.kind != Extern::Kind::function && wanted.btf_type == 0; }

}  // namespace

bool ExternLinker::target_has(const Extern& wanted) const {
  if (target_.keep_externs) return true;
  if (is_unexplained(wanted)) return false;
  const auto& has = wanted.kind == Extern::Kind::function ? target_.has_function : target_.has_variable;
  return has && has(name_in_kernel(wanted));
}

std::unexpected<Error> ExternLinker::missing(const Extern& wanted) const {
  if (is_unexplained(wanted))
    return fail(Code::no_such_entry,
                fmt::format("symbol '{}' is not defined in this object, and not declared __ksym or "
                            "__kconfig either",
                            wanted.name));
  return fail(Code::no_such_entry, fmt::format("extern kernel {} '{}' is not known to {}", word_of(wanted.kind),
                                               name_in_kernel(wanted), target_.name));
}

bool ExternLinker::is_typed(const Extern& variable) const {
  return object_.btf && object_.btf->type(object_.btf->resolve(variable.btf_type)).kind != btf::Kind::unknown;
}

uint32_t ExternLinker::use(uint32_t number) {
  uses_.resize(object_.externs.size());
  if (uses_[number] == 0) {
    const Extern& used = object_.externs[number];
    const bool typed = used.kind == Extern::Kind::function || is_typed(used);
    program_.externs.push_back(
        {.name = std::string(name_in_kernel(used)), .kind = used.kind, .weak = used.weak, .typed = typed});
    uses_[number] = static_cast<uint32_t>(program_.externs.size());
  }
  return uses_[number] - 1;
}

void ExternLinker::make_null(uint32_t at) {
  program_.code[at].set_src(0);
  program_.code[at].imm = 0;
  program_.code[at + 1].imm = 0;
}

void ExternLinker::poison_call(uint32_t at, uint32_t number) {
  RawInsn& call = program_.code[at];
  call = {.opcode = call.opcode, .imm = static_cast<int32_t>(kPoisonedKfunc + number)};
  program_.poisons.push_back({at, fmt::format("weak kernel function '{}' is not known to {}",
                                              name_in_kernel(object_.externs[number]), target_.name)});
}

Result<> ExternLinker::apply(const Relocation& relocation, uint32_t at) {
  if (relocation.target >= object_.externs.size())
    return fail(Code::invalid_argument,
                fmt::format("extern {} does not exist, there are {}", relocation.target, object_.externs.size()));
  const Extern& wanted = object_.externs[relocation.target];
  const bool call = relocation.kind == Relocation::Kind::extern_call;
  if (call && wanted.kind != Extern::Kind::function)
    return fail(Code::malformed, fmt::format("calls '{}', which is a variable", wanted.name));
  if (relocation.addend != 0)
    return fail(Code::unsupported,
                fmt::format("an address {:+} bytes from extern '{}'", relocation.addend, wanted.name));
  if (!target_has(wanted)) {
    if (!wanted.weak) return missing(wanted);
    if (call) poison_call(at, relocation.target);
    if (!call) make_null(at);
    return {};
  }
  RawInsn& insn = program_.code[at];
  insn.set_src(call ? kCallKfunc : static_cast<uint8_t>(isa::Pseudo::btf_id));
  insn.imm = static_cast<int32_t>(use(relocation.target));
  if (call) insn.offset = 0;
  if (!call) program_.code[at + 1].imm = 0;
  return {};
}

}  // namespace saya::program
