// What instructions refer to: maps, variables, functions. clang's conventions (LLVM, Documentation/BPF "relocations"):
//
//   type        instruction     refers to
//   R_BPF_64_64 load_imm        symbol value + imm, in bytes: a map, a variable, a function's address
//   R_BPF_64_32 call (src 1)    symbol value + 8 * (imm + 1): a function
//   none        call (src 1)    this section, imm + 1 slots after the call
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>

#include "isa/opcodes.h"

#include "object/reading.h"

namespace saya::object {
namespace {

constexpr uint32_t kRelocImm64 = 1;  ///< R_BPF_64_64
constexpr uint32_t kRelocCall = 10;  ///< R_BPF_64_32
using isa::kCall;
using isa::kCallLocal;
using isa::kLoadImm;
constexpr int64_t kInsnBytes = sizeof(isa::RawInsn);

class RelocationReader {
 public:
  RelocationReader(const ElfFile& elf, Object& object, const Layout& layout)
      : elf_(elf), object_(object), layout_(layout) {}

  Result<> run() {
    for (const ElfSection& section : elf_.sections())
      if (section.is_code()) SAYA_CHECK(read_section(section));
    for (uint32_t i = 0; i < object_.functions.size(); ++i) {
      SAYA_CHECK(sort(object_.functions[i]));
      SAYA_CHECK(add_plain_calls(i));
    }
    return {};
  }

 private:
  Result<> read_section(const ElfSection& section) {
    const uint32_t index = elf_.index_of(section);
    SAYA_TRY(const auto relocations, elf_.relocations_of(index));
    for (const ElfRelocation& relocation : relocations) {
      const ElfSymbol& symbol = elf_.symbols()[relocation.symbol];
      if (auto added = add(index, relocation, symbol); !added)
        return std::unexpected(std::move(added).error().at(fmt::format(
            "section '{}', offset {:#x}: symbol '{}'", section.name, relocation.offset, elf_.name_of(symbol))));
    }
    return {};
  }

  Result<> add(uint32_t section, const ElfRelocation& from, const ElfSymbol& symbol) {
    const auto index = layout_.function_at(section, from.offset);
    if (!index) return {};  // Between functions, where nothing runs.
    const uint64_t at = from.offset - layout_.functions[*index].start;
    if (at % kInsnBytes != 0) return fail(Code::malformed, "the relocation is not at an instruction");
    Function& function = object_.functions[*index];
    const auto insn = static_cast<uint32_t>(at / kInsnBytes);
    if (symbol.section == SHN_UNDEF) return add_extern(function, insn, from);
    if (symbol.section == SHN_COMMON)
      return fail(Code::unsupported, "is a common symbol, without a section; compile with -fno-common");
    if (symbol.section >= elf_.sections().size())
      return fail(Code::unsupported, fmt::format("lies in the special section {:#x}", symbol.section));
    SAYA_TRY(Relocation relocation, resolve(function, insn, from, symbol));
    relocation.insn = insn;
    function.relocations.push_back(relocation);
    return {};
  }

  Result<> add_extern(Function& function, uint32_t insn, const ElfRelocation& from) {
    const auto found = layout_.externs.find(from.symbol);
    if (found == layout_.externs.end()) return fail(Code::malformed, "is a local symbol that is not defined");
    Extern& target = object_.externs[found->second];
    const isa::RawInsn& raw = function.code[insn];
    Relocation relocation{.insn = insn, .kind = Relocation::Kind::extern_address, .target = found->second};
    if (raw.opcode == kCall) {
      relocation.kind = Relocation::Kind::extern_call;
      if (target.kind == Extern::Kind::variable && target.btf_type == 0) target.kind = Extern::Kind::function;
    } else if (raw.opcode != kLoadImm || insn + 1 >= function.code.size()) {
      return fail(Code::malformed, fmt::format("a reference to an extern at opcode {:#04x}", raw.opcode));
    } else {
      relocation.addend = elf_.addend_of(from, raw.imm);
    }
    if (target.kind == Extern::Kind::config) SAYA_CHECK(refer_to_config(relocation, target));
    function.relocations.push_back(relocation);
    return {};
  }

  /// An option of the kernel's configuration is a variable of the map `.kconfig`.
  Result<> refer_to_config(Relocation& relocation, const Extern& option) const {
    if (relocation.kind == Relocation::Kind::extern_call)
      return fail(Code::malformed, "is an option of the kernel's configuration, and is called");
    relocation.kind = Relocation::Kind::data;
    relocation.target = layout_.config.value_or(0);
    relocation.addend += option.offset;
    return {};
  }

  Result<Relocation> resolve(const Function& function, uint32_t insn, const ElfRelocation& from,
                             const ElfSymbol& symbol) const {
    const isa::RawInsn& raw = function.code[insn];
    if (from.type == kRelocCall) {
      if (raw.opcode != kCall || raw.src() != kCallLocal)
        return fail(Code::malformed, fmt::format("a call relocation at opcode {:#04x}, src {}", raw.opcode, raw.src()));
      return function_at(Relocation::Kind::call, symbol.section, symbol.value + call_bytes(from, raw));
    }
    if (from.type != kRelocImm64)
      return fail(Code::unsupported, fmt::format("relocation type {} is not supported", from.type));
    if (raw.opcode != kLoadImm || insn + 1 >= function.code.size())
      return fail(Code::malformed, fmt::format("a 64-bit relocation at opcode {:#04x}", raw.opcode));
    return resolve_address(symbol, symbol.value + static_cast<uint64_t>(elf_.addend_of(from, raw.imm)));
  }

  Result<Relocation> resolve_address(const ElfSymbol& symbol, uint64_t offset) const {
    const ElfSection& section = elf_.sections()[symbol.section];
    Relocation relocation;
    if (const auto data = layout_.data.find(symbol.section); data != layout_.data.end()) {
      relocation.kind = Relocation::Kind::data;
      relocation.target = data->second;
      relocation.addend = static_cast<int64_t>(offset);
      return relocation;
    }
    if (section.is_code()) return function_at(Relocation::Kind::address, symbol.section, offset);
    const auto map = layout_.maps.find({symbol.section, offset});
    if (map == layout_.maps.end())
      return fail(Code::malformed,
                  fmt::format("offset {:#x} of section '{}' is no map, variable or function", offset, section.name));
    relocation.kind = Relocation::Kind::map;
    relocation.target = map->second;
    return relocation;
  }

  static uint64_t call_bytes(const isa::RawInsn& raw) {
    return static_cast<uint64_t>((int64_t{raw.imm} + 1) * kInsnBytes);
  }

  /// With an addend of its own, a relocation counts bytes.
  uint64_t call_bytes(const ElfRelocation& from, const isa::RawInsn& raw) const {
    const int64_t addend = elf_.addend_of(from, raw.imm);
    return static_cast<uint64_t>(from.addend ? addend : (addend + 1) * kInsnBytes);
  }

  Result<Relocation> function_at(Relocation::Kind kind, uint32_t section, uint64_t offset) const {
    const auto target = layout_.function_at(section, offset);
    if (!target || (offset - layout_.functions[*target].start) % kInsnBytes != 0)
      return fail(Code::malformed, fmt::format("offset {:#x} of section '{}' is not in a function",
                                               static_cast<int64_t>(offset), elf_.sections()[section].name));
    Relocation relocation;
    relocation.kind = kind;
    relocation.target = *target;
    relocation.addend = static_cast<int64_t>(offset - layout_.functions[*target].start) / kInsnBytes;
    return relocation;
  }

  static Result<> sort(Function& function) {
    std::ranges::sort(function.relocations, {}, &Relocation::insn);
    const auto twice = std::ranges::adjacent_find(function.relocations, {}, &Relocation::insn);
    if (twice == function.relocations.end()) return {};
    return fail(Code::malformed, fmt::format("section '{}', function '{}': two relocations at instruction {}",
                                             function.section, function.name, twice->insn));
  }

  /// The assembler itself resolves calls between functions of one section; to link, they must be known as well.
  Result<> add_plain_calls(uint32_t index) {
    Function& function = object_.functions[index];
    const Place& place = layout_.functions[index];
    std::vector<Relocation> calls;
    auto known = function.relocations.begin();
    for (uint32_t insn = 0; insn < function.code.size(); ++insn) {
      while (known != function.relocations.end() && known->insn < insn) ++known;
      const isa::RawInsn& raw = function.code[insn];
      const bool relocated = known != function.relocations.end() && known->insn == insn;
      if (!relocated && raw.opcode == kCall && raw.src() == kCallLocal) {
        const uint64_t offset = place.start + uint64_t{insn} * kInsnBytes;
        auto call = function_at(Relocation::Kind::call, place.section, offset + call_bytes(raw));
        if (!call)
          return std::unexpected(
              std::move(call).error().at(fmt::format("section '{}', offset {:#x}: call", function.section, offset)));
        call->insn = insn;
        calls.push_back(*call);
      }
      if (raw.opcode == kLoadImm) ++insn;  // Its second slot is no instruction.
    }
    if (calls.empty()) return {};
    function.relocations.insert(function.relocations.end(), calls.begin(), calls.end());
    return sort(function);
  }

  const ElfFile& elf_;
  Object& object_;
  const Layout& layout_;
};

}  // namespace

Result<> read_relocations(const ElfFile& elf, Object& object, const Layout& layout) {
  return RelocationReader(elf, object, layout).run();
}

}  // namespace saya::object
