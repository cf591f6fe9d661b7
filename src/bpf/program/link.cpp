// One function of an object and everything it calls, as one array of instructions. Functions are appended in the order
// in which libbpf appends them (bpf_object__reloc_code(): each at its first mention, depth first), so that tags agree.
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "isa/opcodes.h"
#include "program/core_patch.h"
#include "program/exceptions.h"
#include "program/externs.h"
#include "program/finish.h"
#include "program/object_types.h"
#include "program/program.h"

namespace saya::program {
namespace {

using isa::Pseudo;
using isa::RawInsn;
using object::Relocation;

using isa::kCall;
using isa::kCallKfunc;
using isa::kLoadImm;

class Linker {
 public:
  Linker(const object::Object& object, std::span<const MapPtr> maps, const Target& target, Program& program)
      : object_(object), maps_(maps), target_(target), program_(program), externs_(object, target, program) {}

  Result<> link(uint32_t entry) {
    append(entry);
    SAYA_CHECK(resolve());
    SAYA_CHECK(add_exception_callback(object_.functions[entry]));
    SAYA_CHECK(check_references());
    return apply_core(object_, linked_, target_, program_);
  }

 private:
  Result<> resolve() {
    // Not recursive: the depth of calls in a hostile object has no bound.
    while (!open_.empty()) {
      Visit& visit = open_.back();
      const object::Function& function = object_.functions[visit.function];
      if (visit.next == function.relocations.size()) {
        open_.pop_back();
        continue;
      }
      const Relocation& relocation = function.relocations[visit.next++];
      const uint32_t at = start_[visit.function] + relocation.insn;
      if (auto done = apply(relocation, at); !done)
        return std::unexpected(std::move(done).error().at(describe(function, relocation.insn)));
    }
    return {};
  }

  /// A function whose relocations are being worked through.
  struct Visit {
    uint32_t function;
    size_t next;
  };
  static constexpr uint32_t kAbsent = std::numeric_limits<uint32_t>::max();

  static std::string describe(const object::Function& function, uint32_t insn) {
    return fmt::format("function '{}', instruction {}", function.name, insn);
  }

  void append(uint32_t index) {
    const object::Function& function = object_.functions[index];
    const auto start = static_cast<uint32_t>(program_.code.size());
    start_[index] = start;
    linked_.push_back(index);
    program_.subprograms.push_back(
        {function.name, start, static_cast<uint32_t>(function.code.size()), function.btf_type});
    program_.code.insert(program_.code.end(), function.code.begin(), function.code.end());
    for (object::SourceLine line : function.lines) {
      line.insn += start;
      program_.lines.push_back(line);
    }
    for (const Relocation& relocation : function.relocations) resolved_.push_back(start + relocation.insn);
    open_.push_back({index, 0});
  }

  /// What a throw calls comes last, where nothing else mentions it.
  Result<> add_exception_callback(const object::Function& entry) {
    SAYA_TRY(const std::optional<uint32_t> callback, find_exception_callback(object_, entry));
    if (!callback) return {};
    if (start_[*callback] == kAbsent) append(*callback);
    program_.exception_callback = start_[*callback];
    return resolve();
  }

  Result<> apply(const Relocation& relocation, uint32_t at) {
    switch (relocation.kind) {
      case Relocation::Kind::map: return refer_to_map(relocation, at, Pseudo::map_index);
      case Relocation::Kind::data: return refer_to_map(relocation, at, Pseudo::map_index_value);
      case Relocation::Kind::call: return refer_to_function(relocation, at);
      case Relocation::Kind::extern_call:
      case Relocation::Kind::extern_address: return externs_.apply(relocation, at);
      case Relocation::Kind::address:
        program_.code[at].set_src(static_cast<uint8_t>(Pseudo::func));
        program_.code[at + 1].imm = 0;
        return refer_to_function(relocation, at);
    }
    return {};
  }

  Result<> refer_to_map(const Relocation& relocation, uint32_t at, Pseudo pseudo) {
    if (relocation.target >= object_.maps.size())
      return fail(Code::invalid_argument,
                  fmt::format("map {} does not exist, there are {}", relocation.target, object_.maps.size()));
    if (!maps_.empty() && !maps_[relocation.target])
      return fail(Code::invalid_argument,
                  fmt::format("map '{}' is not bound", object_.maps[relocation.target].spec.name));
    const bool data = pseudo == Pseudo::map_index_value;
    if (data && (relocation.addend < 0 || relocation.addend > std::numeric_limits<int32_t>::max()))
      return fail(Code::invalid_argument, fmt::format("offset {} into map '{}' is out of range", relocation.addend,
                                                      object_.maps[relocation.target].spec.name));
    program_.code[at].set_src(static_cast<uint8_t>(pseudo));
    program_.code[at].imm = static_cast<int32_t>(map_index(relocation.target));
    program_.code[at + 1].imm = data ? static_cast<int32_t>(relocation.addend) : 0;
    return {};
  }

  uint32_t map_index(uint32_t target) {
    if (map_index_[target] == kAbsent) {
      map_index_[target] = static_cast<uint32_t>(program_.maps.size());
      program_.maps.push_back(maps_.empty() ? nullptr : maps_[target]);
      program_.map_names.push_back(object_.maps[target].spec.name);
      program_.map_numbers.push_back(target);
    }
    return map_index_[target];
  }

  Result<> refer_to_function(const Relocation& relocation, uint32_t at) {
    if (relocation.target >= object_.functions.size())
      return fail(Code::invalid_argument,
                  fmt::format("function {} does not exist, there are {}", relocation.target, object_.functions.size()));
    if (start_[relocation.target] == kAbsent) append(relocation.target);
    const int64_t distance = start_[relocation.target] + relocation.addend - at - 1;
    if (distance < std::numeric_limits<int32_t>::min() || distance > std::numeric_limits<int32_t>::max())
      return fail(Code::invalid_argument, fmt::format("function '{}' is {} instructions away",
                                                      object_.functions[relocation.target].name, distance));
    program_.code[at].imm = static_cast<int32_t>(distance);
    return {};
  }

  /// Descriptors, indices and addresses that no relocation made would mean something else to every loader.
  Result<> check_references() const {
    std::vector<bool> resolved(program_.code.size());
    for (const uint32_t at : resolved_) resolved[at] = true;
    for (size_t at = 0; at < program_.code.size(); ++at) {
      const RawInsn& insn = program_.code[at];
      if (insn.opcode == kCall && insn.src() == kCallKfunc && !resolved[at])
        return fail(Code::invalid_argument,
                    fmt::format("instruction {}: a call of kernel function #{} without a relocation", at, insn.imm));
      if (insn.opcode != kLoadImm) continue;
      if (insn.src() != 0 && !resolved[at])
        return fail(Code::invalid_argument,
                    fmt::format("instruction {}: a 64-bit immediate of kind {} without a relocation", at, insn.src()));
      ++at;
    }
    return {};
  }

  const object::Object& object_;
  std::span<const MapPtr> maps_;
  const Target& target_;
  Program& program_;
  ExternLinker externs_;
  std::vector<uint32_t> linked_;  ///< Functions, in the order of program_.subprograms.
  std::vector<uint32_t> start_ = std::vector<uint32_t>(object_.functions.size(), kAbsent);
  std::vector<uint32_t> map_index_ = std::vector<uint32_t>(object_.maps.size(), kAbsent);
  std::vector<uint32_t> resolved_;  ///< Slots that a relocation has set.
  std::vector<Visit> open_;
};

void set_type(Program& program, const object::Function& function, Type type) {
  const SectionType by_name = type_of_section(function.section);
  program.type = type == Type::unspec ? by_name.type : type;
  if (program.type != by_name.type) return;
  program.frags = by_name.frags;
  program.expected_attach_type = by_name.expected_attach_type;
}

}  // namespace

Result<ProgramPtr> link(const object::Object& object, uint32_t index, std::span<const MapPtr> maps, Type type,
                        const Target& target) {
  if (index >= object.functions.size())
    return fail(Code::no_such_entry, fmt::format("{}: function {} does not exist, there are {}", object.file, index,
                                                 object.functions.size()));
  if (!maps.empty() && maps.size() != object.maps.size())
    return fail(Code::invalid_argument,
                fmt::format("{}: {} maps are bound, it declares {}", object.file, maps.size(), object.maps.size()));
  const object::Function& function = object.functions[index];
  auto program = std::make_shared<Program>();
  program->name = function.name;
  program->section = function.section;
  program->origin = fmt::format("{}:[{}]", object.file, function.section);
  program->license = object.license;
  program->gpl_compatible = is_gpl_compatible(object.license);
  program->btf = object.btf;
  set_type(*program, function, type);
  if (auto linked = Linker(object, maps, target, *program).link(index); !linked)
    return std::unexpected(std::move(linked).error().at(program->origin));
  program->object_types = find_object_types(*program);
  std::ranges::sort(program->poisons, {}, &Poison::insn);
  complete_subprograms(*program);
  set_tags(*program);
  return program;
}

}  // namespace saya::program
