// Tail-call targets take the same way as the program that is attached, into a prog array instead of a hook.
#include "attach/tail_calls.h"

#include <fmt/format.h>

#include "helper/table.h"
#include "interp/interp.h"
#include "map/prog_array.h"

namespace saya::attach {
namespace {

ProgArray* as_prog_array(const MapPtr& map) { return dynamic_cast<ProgArray*>(map.get()); }

Result<> fill(const OpenObject& open, ProgArray& array, const object::ProgramSlot& slot, program::Type type,
              const program::Target& target) {
  const program::Type by_section = program::type_of_section(open.object.functions[slot.function].section).type;
  SAYA_TRY(const program::ProgramPtr program,
           program::link(open.object, slot.function, open.maps, by_section == program::Type::unspec ? type : by_section,
                         target));
  SAYA_TRY(abi::ExecutablePtr executable, interp::run_checked(program, helper::table()));
  return array.set(slot.index, std::move(executable));
}

}  // namespace

Result<> fill_prog_arrays(const OpenObject& open, program::Type type, const program::Target& target) {
  for (size_t i = 0; i < open.maps.size(); ++i) {
    ProgArray* const array = as_prog_array(open.maps[i]);
    for (const object::ProgramSlot& slot : open.object.maps[i].programs) {
      if (array->at(slot.index)) continue;
      if (auto filled = fill(open, *array, slot, type, target); !filled)
        return std::unexpected(std::move(filled).error().at(
            fmt::format("{}: map '{}', slot {}", open.object.file, array->spec().name, slot.index)));
    }
  }
  return {};
}

void empty_prog_arrays(const OpenObject& open) noexcept {
  for (const MapPtr& map : open.maps)
    if (ProgArray* const array = as_prog_array(map)) array->clear();
}

}  // namespace saya::attach
