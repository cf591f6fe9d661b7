// CO-RE answers become instructions. Which instructions can be relocated, what is checked in them and how they are
// poisoned: bpf_core_patch_insn() of libbpf 1.x (Linux 6.12 tools/lib/bpf/relo_core.c).
#include "program/core_patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "btf/core.h"
#include "isa/opcodes.h"

namespace saya::program {
namespace {

using btf::CoreAnswer;
using isa::RawInsn;

// Fields of an opcode, RFC 9669 section 3.
constexpr uint8_t kClass = 0x07, kRegister = 0x08, kSize = 0x18;
constexpr uint8_t kLd = 0, kLdx = 1, kSt = 2, kStx = 3, kAlu = 4, kAlu64 = 7;
using isa::kCall;
using isa::kLoadImm;

struct SizeRow {
  uint32_t bytes;
  uint8_t bits;
};
constexpr SizeRow kSizes[] = {
    {1, 0x10},
    {2, 0x08},
    {4, 0x00},
    {8, 0x18},
};

/// The instruction at the beginning of `code`, and those after it in its function.
class Patch {
 public:
  Patch(std::span<RawInsn> code, const CoreAnswer& answer) : insn_(code.front()), code_(code), answer_(answer) {}

  /// How many slots were poisoned.
  Result<uint32_t> apply() {
    switch (insn_.opcode & kClass) {
      case kAlu:
      case kAlu64: return immediate();
      case kLdx:
      case kSt:
      case kStx: return access();
      case kLd: return wide();
      default: return unrecognized();
    }
  }

 private:
  Result<uint32_t> immediate() {
    if (insn_.opcode & kRegister) return unrecognized();
    if (answer_.poison) return poison(1);
    SAYA_CHECK(check("immediate", static_cast<uint64_t>(int64_t{insn_.imm})));
    insn_.imm = static_cast<int32_t>(answer_.new_value);
    return 0;
  }

  Result<uint32_t> access() {
    if (answer_.poison) return poison(1);
    SAYA_CHECK(check("offset", static_cast<uint64_t>(int64_t{insn_.offset})));
    constexpr auto kMost = std::numeric_limits<int16_t>::max();
    if (answer_.new_value > static_cast<uint64_t>(kMost))
      return fail(Code::unsupported, fmt::format("the offset {} is too large for a load or store, must be at most {}",
                                                 answer_.new_value, kMost));
    if (answer_.unsafe_size) return poison(1);
    if (answer_.old_size != answer_.new_size) SAYA_CHECK(resize());
    insn_.offset = static_cast<int16_t>(answer_.new_value);
    return 0;
  }

  Result<> resize() {
    const auto now = std::ranges::find(kSizes, insn_.opcode & kSize, &SizeRow::bits);
    if (now->bytes != answer_.old_size)
      return fail(Code::invalid_argument,
                  fmt::format("the instruction accesses {} bytes, its field has {}", now->bytes, answer_.old_size));
    const auto row = std::ranges::find(kSizes, answer_.new_size, &SizeRow::bytes);
    if (row == std::end(kSizes))
      return fail(Code::unsupported, fmt::format("a field of {} bytes is no load or store", answer_.new_size));
    insn_.opcode = static_cast<uint8_t>((insn_.opcode & ~kSize) | row->bits);
    return {};
  }

  Result<uint32_t> wide() {
    if (insn_.opcode != kLoadImm || code_.size() < 2 || insn_.src() != 0 || insn_.offset != 0 ||
        code_[1] != RawInsn{.imm = code_[1].imm})
      return fail(Code::invalid_argument, "the 64-bit load has an unexpected form");
    if (answer_.poison) return poison(2);
    SAYA_CHECK(
        check("immediate", static_cast<uint32_t>(insn_.imm) | uint64_t{static_cast<uint32_t>(code_[1].imm)} << 32));
    insn_.imm = static_cast<int32_t>(answer_.new_value);
    code_[1].imm = static_cast<int32_t>(answer_.new_value >> 32);
    return 0;
  }

  Result<> check(std::string_view what, uint64_t holds) const {
    if (!answer_.check || holds == answer_.old_value) return {};
    return fail(Code::invalid_argument, fmt::format("the instruction's {} is {}, expected {} (to become {})", what,
                                                    holds, answer_.old_value, answer_.new_value));
  }

  Result<uint32_t> poison(uint32_t slots) {
    std::ranges::fill(code_.first(slots), RawInsn{.opcode = kCall, .imm = kPoisonedCall});
    return slots;
  }

  Result<uint32_t> unrecognized() const {
    return fail(Code::invalid_argument,
                fmt::format("opcode {:#04x} is no instruction that CO-RE can change", insn_.opcode));
  }

  RawInsn& insn_;
  std::span<RawInsn> code_;
  const CoreAnswer& answer_;
};

class Patcher {
 public:
  Patcher(const object::Object& object, const Target& target, Program& program)
      : target_(target), program_(program), resolver_(*object.btf) {}

  Result<> apply(const object::Function& function, uint32_t start) {
    for (const object::CoreRelocation& relocation : function.core)
      if (auto done = apply(function, relocation, start); !done)
        return std::unexpected(
            std::move(done).error().at(fmt::format("function '{}', instruction {}: CO-RE {}", function.name,
                                                   relocation.insn, resolver_.describe(relocation.query))));
    return {};
  }

 private:
  Result<> apply(const object::Function& function, const object::CoreRelocation& relocation, uint32_t start) {
    if (relocation.insn >= function.code.size())
      return fail(Code::invalid_argument, fmt::format("there are only {} instructions", function.code.size()));
    if (!btf::is_local(relocation.query.kind)) SAYA_CHECK(fetch_types());
    SAYA_TRY(const CoreAnswer answer, resolver_.resolve(relocation.query, types_.get()));
    const uint32_t at = start + relocation.insn;
    SAYA_TRY(const uint32_t poisoned,
             Patch(std::span(program_.code).subspan(at, function.code.size() - relocation.insn), answer).apply());
    for (uint32_t i = 0; i < poisoned; ++i)
      program_.poisons.push_back(
          {at + i, fmt::format("{}: {} in {}", resolver_.describe(relocation.query), answer.why, target_.name)});
    return {};
  }

  Result<> fetch_types() {
    if (types_) return {};
    if (!target_.types) return fail(Code::invalid_argument, fmt::format("{}: there are no types", target_.name));
    SAYA_TRY(types_, target_.types());
    program_.map_members = map_members_of(*types_);
    return {};
  }

  const Target& target_;
  Program& program_;
  btf::CoreResolver resolver_;
  std::shared_ptr<const btf::Btf> types_;
};

}  // namespace

Result<> apply_core(const object::Object& object, std::span<const uint32_t> functions, const Target& target,
                    Program& program) {
  std::vector<std::pair<uint32_t, uint32_t>> starts;  // In file order, as libbpf goes: ambiguity depends on it.
  for (size_t i = 0; i < functions.size(); ++i)
    if (!object.functions[functions[i]].core.empty()) starts.emplace_back(functions[i], program.subprograms[i].start);
  if (starts.empty()) return {};
  if (!object.btf) return fail(Code::invalid_argument, "CO-RE relocations without types");
  std::ranges::sort(starts);
  Patcher patcher(object, target, program);
  for (const auto& [function, start] : starts) SAYA_CHECK(patcher.apply(object.functions[function], start));
  return {};
}

}  // namespace saya::program
