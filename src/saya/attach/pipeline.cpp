// The program's walk, one stage a line, one type a stage: Object -> Program -> Executable -> attached.
#include "attach/pipeline.h"

#include <fmt/format.h>

#include "attach/install.h"
#include "attach/map_programs.h"
#include "attach/tail_calls.h"
#include "helper/table.h"
#include "interp/interp.h"
#include "program/program.h"

namespace saya::attach {

Result<Placement> Pipeline::attach(const Placement& wanted, std::span<nic::Port* const> ports, const Wrap& wrap) {
  // 1. The file becomes an Object, its maps are created: object/read.cpp, program/maps.cpp.
  SAYA_TRY(const OpenObject* open, objects_.open(wanted.object));
  SAYA_TRY(const uint32_t index, choose_program(open->object, wanted));
  Placement placement = wanted;
  placement.point = place_of(wanted, open->object.functions[index].section);
  // 2. The program becomes something that runs, and so do those that it may tail-call: prepare().
  SAYA_TRY(abi::ExecutablePtr executable, prepare(placement.object, index, type_at(placement.point)));
  // 3. The hook's snapshot is replaced, on every port or on none: install.cpp, hook/filters.cpp.
  return install(placement, wrap ? wrap(std::move(executable)) : std::move(executable), ports);
}

Result<abi::ExecutablePtr> Pipeline::prepare(const std::string& path, uint32_t index, program::Type type) {
  SAYA_TRY(const OpenObject* open, objects_.open(path));
  // The function and all it calls become a Program: program/link.cpp.
  SAYA_TRY(const program::ProgramPtr program, program::link(open->object, index, open->maps, type, objects_.target()));
  // The Program becomes an Executable. Unverified code has only this one, which checks every access: interp/.
  SAYA_TRY(abi::ExecutablePtr executable, interp::run_checked(program, helper::table()));
  // So do the programs that it may tail-call, once for each object: tail_calls.cpp.
  SAYA_CHECK(claim_prog_arrays(*program));
  if (!filled_.contains(open)) SAYA_CHECK(fill_prog_arrays(*open, program->type, objects_.target()));
  filled_.insert(open);
  return executable;
}

Pipeline::~Pipeline() {
  for (const auto& [path, object] : objects_.all()) release_programs(object);
}

namespace {

/// Whether a section's name says that its programs are for the other kind of hook, whose context they would misread.
/// Most names say nothing.
bool contradicts(const object::Function& function, hook::Point point) {
  const auto hook = program::hook_of(program::type_of_section(function.section).type);
  return hook && hook != program::hook_of(type_at(point));
}

/// What the programs whose sections tell a type agree on; unspec where they do not.
program::Type common_type(const object::Object& object) {
  std::set<program::Type> types;
  for (const object::Function& function : object.functions)
    if (function.entry) types.insert(program::type_of_section(function.section).type);
  types.erase(program::Type::unspec);
  return types.size() == 1 ? *types.begin() : program::Type::unspec;
}

}  // namespace

program::Type default_type(const object::Object& object, const object::Function& function) {
  const program::Type own = program::type_of_section(function.section).type;
  if (own != program::Type::unspec) return own;
  const program::Type common = common_type(object);
  return common != program::Type::unspec ? common : program::Type::sched_cls;
}

Result<uint32_t> choose_program(const object::Object& object, const Placement& placement) {
  const auto suits = [&](const object::Function& function) {
    const program::SectionType section = program::type_of_section(function.section);
    const bool in_maps = section.type == program::Type::xdp && section.expected_attach_type != 0;
    return section.type == type_at(placement.point) && !in_maps;
  };
  SAYA_TRY(const uint32_t index, object::find_program(object, placement.program, suits));
  const object::Function& chosen = object.functions[index];
  if (contradicts(chosen, placement.point))
    return fail(Code::invalid_argument, fmt::format("{}: program '{}' of section '{}' cannot run at {}", object.file,
                                                    chosen.name, chosen.section, hook::to_string(placement.point)));
  return index;
}

}  // namespace saya::attach
