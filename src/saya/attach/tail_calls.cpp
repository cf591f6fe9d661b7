// Tail-call targets take the same way as the program that is attached, into a prog array instead of a hook.
#include "attach/tail_calls.h"

#include <fmt/format.h>

#include "helper/table.h"
#include "interp/interp.h"
#include "map/prog_array.h"

namespace saya::attach {
namespace {

ProgArray* as_prog_array(const MapPtr& map) { return dynamic_cast<ProgArray*>(map.get()); }

ProgArrayOwner owner_of(const program::Program& program) {
  return {.program_type = static_cast<uint32_t>(program.type), .frags = program.frags};
}

Result<> fill(const OpenObject& open, ProgArray& array, const object::ProgramSlot& slot, program::Type type,
              const program::Target& target) {
  const object::Function& function = open.object.functions[slot.function];
  SAYA_TRY(const program::ProgramPtr program,
           program::link(open.object, slot.function, open.maps, type_in_slot(function, type), target));
  SAYA_CHECK(array.claim(owner_of(*program)));
  SAYA_CHECK(claim_prog_arrays(*program));
  SAYA_TRY(abi::ExecutablePtr executable, interp::run_checked(program, helper::table()));
  return array.set(slot.index, std::move(executable));
}

}  // namespace

program::Type type_in_slot(const object::Function& function, program::Type attached) noexcept {
  const program::Type by_section = program::type_of_section(function.section).type;
  if (by_section == program::Type::unspec) return attached;
  const auto hook = program::hook_of(by_section);
  return hook && hook == program::hook_of(attached) ? attached : by_section;
}

Result<> claim_prog_arrays(const program::Program& program) {
  for (const MapPtr& map : program.maps)
    if (ProgArray* const array = as_prog_array(map))
      if (auto claimed = array->claim(owner_of(program)); !claimed)
        return std::unexpected(std::move(claimed).error().at(program.origin));
  return {};
}

Result<> fill_prog_arrays(const OpenObject& open, program::Type type, const program::Target& target) {
  for (size_t i = 0; i < open.maps.size(); ++i) {
    ProgArray* const array = as_prog_array(open.maps[i]);
    for (const object::ProgramSlot& slot : open.object.maps[i].programs) {
      if (auto filled = fill(open, *array, slot, type, target); !filled)
        return std::unexpected(std::move(filled).error().at(
            fmt::format("{}: map '{}', slot {}", open.object.file, array->spec().name, slot.index)));
    }
  }
  return {};
}

}  // namespace saya::attach
