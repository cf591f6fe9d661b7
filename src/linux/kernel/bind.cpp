// What libbpf's last pass over a program's instructions does (bpf_object__relocate_data(), Linux 6.18), for references
// that linking left as indices.
#include "kernel/bind.h"

#include <fmt/format.h>

#include "isa/opcodes.h"

namespace saya::kernel {
namespace {

using isa::Pseudo;
using isa::RawInsn;
using program::ExternUse;

using isa::kCall;
using isa::kCallKfunc;
using isa::kLoadImm;

/// Where an extern is. Nothing is set for what is weak and missing.
struct Place {
  uint32_t type = 0;     ///< Id in the types of vmlinux.
  uint64_t address = 0;  ///< Of a variable without a type.
};

std::unexpected<Error> missing(const ExternUse& use) {
  const bool function = use.kind == object::Extern::Kind::function;
  return fail(Code::no_such_entry, fmt::format("the types of the running kernel have no {} '{}'",
                                               function ? "function" : "variable", use.name));
}

Result<Place> find_type(const ExternUse& use, RunningKernel& kernel) {
  const Result<Vmlinux>& types = kernel.types();
  if (!types) return std::unexpected(types.error());
  const bool function = use.kind == object::Extern::Kind::function;
  const auto id = function ? types->function(use.name) : types->variable(use.name);
  if (!id) return missing(use);
  return Place{.type = *id};
}

Result<Place> find_symbol(const ExternUse& use, RunningKernel& kernel) {
  const Result<Kallsyms>& symbols = kernel.symbols();
  if (!symbols) return std::unexpected(symbols.error());
  SAYA_TRY(const uint64_t address, symbols->address(use.name));
  return Place{.address = address};
}

Result<Place> find(const ExternUse& use, RunningKernel& kernel) {
  auto place = use.typed ? find_type(use, kernel) : find_symbol(use, kernel);
  if (!place && use.weak && place.error().code == Code::no_such_entry) return Place{};
  return place;
}

class Binder {
 public:
  Binder(const program::Program& program, const MapDescriptor& map, RunningKernel& kernel)
      : program_(program), map_(map), kernel_(kernel), code_(program.code) {}

  Result<std::vector<RawInsn>> bind() {
    SAYA_CHECK(find_externs());
    for (size_t at = 0; at < code_.size(); ++at) {
      if (code_[at].opcode == kCall && code_[at].src() == kCallKfunc) SAYA_CHECK(bind_call(at));
      if (code_[at].opcode != kLoadImm || at + 1 == code_.size()) continue;
      SAYA_CHECK(bind_load(at));
      ++at;  // The second slot is no instruction of its own.
    }
    return std::move(code_);
  }

 private:
  Result<> find_externs() {
    for (const ExternUse& use : program_.externs) {
      SAYA_TRY(const Place place, find(use, kernel_));
      places_.push_back(place);
    }
    return {};
  }

  Result<Place> place_at(size_t at) const {
    const auto index = static_cast<uint32_t>(code_[at].imm);
    if (index < places_.size()) return places_[index];
    return fail(Code::malformed, fmt::format("insn {} refers to extern {} of {}", at, index, places_.size()));
  }

  Result<> bind_call(size_t at) {
    SAYA_TRY(const Place place, place_at(at));
    code_[at].imm = static_cast<int32_t>(place.type);
    code_[at].offset = 0;  // Of vmlinux, no module.
    return {};
  }

  Result<> bind_load(size_t at) {
    const auto pseudo = static_cast<Pseudo>(code_[at].src());
    if (pseudo == Pseudo::map_index) return bind_map(at, Pseudo::map_fd);
    if (pseudo == Pseudo::map_index_value) return bind_map(at, Pseudo::map_value);
    if (pseudo == Pseudo::btf_id) return bind_variable(at);
    return {};
  }

  Result<> bind_map(size_t at, Pseudo pseudo) {
    const auto index = static_cast<uint32_t>(code_[at].imm);
    if (index >= program_.maps.size())
      return fail(Code::malformed, fmt::format("insn {} refers to map {} of {}", at, index, program_.maps.size()));
    SAYA_TRY(code_[at].imm, map_(index));
    code_[at].set_src(static_cast<uint8_t>(pseudo));
    return {};
  }

  Result<> bind_variable(size_t at) {
    SAYA_TRY(const Place place, place_at(at));
    const uint64_t value = place.type != 0 ? place.type : place.address;
    code_[at].imm = static_cast<int32_t>(value);
    code_[at + 1].imm = static_cast<int32_t>(value >> 32);
    if (place.type == 0) code_[at].set_src(static_cast<uint8_t>(Pseudo::value));
    return {};
  }

  const program::Program& program_;
  const MapDescriptor& map_;
  RunningKernel& kernel_;
  std::vector<RawInsn> code_;
  std::vector<Place> places_;
};

}  // namespace

Result<std::vector<RawInsn>> bind(const program::Program& program, const MapDescriptor& map, RunningKernel& kernel) {
  return Binder(program, map, kernel).bind();
}

}  // namespace saya::kernel
