// Following what an object's functions refer to.
#include "cli/obj_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "btf/type_name.h"

namespace saya::cli {
namespace {

using object::Relocation;
using Indices = std::vector<uint32_t>;

bool calls(Relocation::Kind kind) { return kind == Relocation::Kind::call || kind == Relocation::Kind::address; }
bool names_map(Relocation::Kind kind) { return kind == Relocation::Kind::map || kind == Relocation::Kind::data; }
bool names_extern(Relocation::Kind kind) {
  return kind == Relocation::Kind::extern_call || kind == Relocation::Kind::extern_address;
}

/// The program and what it calls, as the linker appends them (program/link.cpp): each at its first mention, depth
/// first. Not recursive: a chain of calls may be as long as the object.
Indices functions_of(const object::Object& object, uint32_t program) {
  struct Visit {
    uint32_t function;
    size_t next;
  };
  Indices found{program};
  std::vector<bool> seen(object.functions.size());
  seen[program] = true;
  std::vector<Visit> open{
      {program, 0}
  };
  while (!open.empty()) {
    Visit& visit = open.back();
    const auto& relocations = object.functions[visit.function].relocations;
    if (visit.next == relocations.size()) {
      open.pop_back();
      continue;
    }
    const Relocation& relocation = relocations[visit.next++];
    if (!calls(relocation.kind) || relocation.target >= seen.size() || seen[relocation.target]) continue;
    seen[relocation.target] = true;
    found.push_back(relocation.target);
    open.push_back({relocation.target, 0});
  }
  return found;
}

/// Which of `count` things the functions' relocations of some kinds refer to.
template <class Wanted>
Indices targets(const object::Object& object, const Indices& functions, size_t count, Wanted wanted) {
  std::set<uint32_t> found;
  for (const uint32_t index : functions)
    for (const Relocation& relocation : object.functions[index].relocations)
      if (wanted(relocation.kind) && relocation.target < count) found.insert(relocation.target);
  return {found.begin(), found.end()};
}

Indices externs_of(const object::Object& object, const Indices& functions, const Indices& maps) {
  Indices found = targets(object, functions, object.externs.size(), names_extern);
  const auto is_config = [&](uint32_t map) { return object.maps[map].section == ".kconfig"; };
  if (!std::ranges::any_of(maps, is_config)) return found;
  for (uint32_t i = 0; i < object.externs.size(); ++i)
    if (object.externs[i].kind == object::Extern::Kind::config) found.push_back(i);
  std::ranges::sort(found);
  return found;
}

Indices all(size_t count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), 0u);
  return indices;
}

/// Programs of real objects have 17,000 instructions and are some dozens; these are linked in seconds.
constexpr size_t kMostInsns = size_t{64} << 20;

/// The part of ProgramFacts that needs no linking.
ProgramFacts references_of(const object::Object& object, uint32_t index) {
  ProgramFacts facts{.function = &object.functions[index]};
  facts.section = program::type_of_section(facts.function->section);
  facts.functions = functions_of(object, index);
  facts.maps = targets(object, facts.functions, object.maps.size(), names_map);
  facts.externs = externs_of(object, facts.functions, facts.maps);
  for (const uint32_t part : facts.functions) {
    facts.core_relocations += object.functions[part].core.size();
    facts.lines += object.functions[part].lines.size();
  }
  return facts;
}

}  // namespace

ObjectFacts object_facts(const OpenedObject& opened, bool one_program) {
  const object::Object& object = opened.object;
  ObjectFacts facts{.object = object};
  facts.gpl_compatible = program::is_gpl_compatible(object.license);
  facts.btf_types = object.btf ? object.btf->count() - 1 : 0;  // Without void.
  if (one_program) {
    ProgramFacts program = references_of(object, opened.programs.front());
    facts.subprograms = std::move(program.functions);
    std::ranges::sort(facts.subprograms);
    facts.maps = std::move(program.maps);
    facts.externs = std::move(program.externs);
  } else {
    facts.subprograms = all(object.functions.size());
    facts.maps = all(object.maps.size());
    facts.externs = all(object.externs.size());
  }
  std::erase_if(facts.subprograms, [&](uint32_t index) { return object.functions[index].entry; });
  return facts;
}

ProgramFacts ProgramReader::read(uint32_t index) {
  ProgramFacts facts = references_of(opened_.object, index);
  auto linked = link(index);
  if (linked)
    facts.linked = *std::move(linked);
  else
    facts.error = std::move(linked).error().message;
  return facts;
}

Result<program::ProgramPtr> ProgramReader::link(uint32_t index) {
  if (insns_ > kMostInsns)
    return fail(Code::no_space,
                fmt::format("the programs before it have {} instructions together, {} are enough", insns_, kMostInsns));
  SAYA_TRY(program::ProgramPtr program,
           program::link(opened_.object, index, {}, program::Type::unspec, opened_.target));
  insns_ += program->code.size();
  return program;
}

std::vector<Variable> variables_of(const ObjectFacts& facts) {
  std::vector<Variable> variables;
  if (!facts.object.btf) return variables;
  const btf::Btf& btf = *facts.object.btf;
  for (const uint32_t map : facts.maps) {
    const btf::Type& section = btf.type(facts.object.maps[map].spec.value_btf_type);
    if (section.kind != btf::Kind::data_section || section.name == ".kconfig") continue;  // Those are externs.
    for (const btf::Member& member : section.members)
      variables.push_back(
          {section.name, btf.type(member.type).name, btf::type_name(btf, member.type), member.offset, member.size});
  }
  return variables;
}

std::string type_text(const object::Object& object, uint32_t btf_type) {
  if (!object.btf || btf_type == 0 || object.btf->type(btf_type).kind == btf::Kind::data_section) return {};
  return btf::type_name(*object.btf, btf_type);
}

std::string_view to_string(object::Binding binding) noexcept {
  switch (binding) {
    case object::Binding::local: return "static";
    case object::Binding::global: return "global";
    case object::Binding::weak: return "weak";
  }
  return "";
}

std::string_view to_string(object::Pinning pinning) noexcept {
  switch (pinning) {
    case object::Pinning::none: return "none";
    case object::Pinning::by_name: return "by_name";
    case object::Pinning::object: return "object";
    case object::Pinning::replace: return "replace";
    case object::Pinning::custom: return "custom";
  }
  return "";
}

std::string_view to_string(object::Extern::Kind kind) noexcept {
  switch (kind) {
    case object::Extern::Kind::config: return "config";
    case object::Extern::Kind::variable: return "variable";
    case object::Extern::Kind::function: return "function";
  }
  return "";
}

}  // namespace saya::cli
