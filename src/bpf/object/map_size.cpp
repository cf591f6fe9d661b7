// Sizes of maps, given before the maps are created.
#include <algorithm>

#include "base/text.h"
#include "object/assignment.h"
#include "object/variables.h"

namespace saya::object {
namespace {

/// A data section has one value, and its size is that of its variables.
bool is_sizable(const MapDefinition& map) {
  constexpr std::string_view kData[] = {".rodata", ".data", ".bss", ".kconfig"};
  return std::ranges::none_of(kData, [&](std::string_view name) { return map.section.starts_with(name); });
}

MapDefinition* find(Object& object, std::string_view name) {
  const auto found = std::ranges::find_if(
      object.maps, [&](const MapDefinition& map) { return is_sizable(map) && map.spec.name == name; });
  return found == object.maps.end() ? nullptr : &*found;
}

std::unexpected<Error> unknown_map(const Object& object, std::string_view name) {
  std::vector<const MapDefinition*> all;
  for (const MapDefinition& map : object.maps)
    if (is_sizable(map)) all.push_back(&map);
  const std::string names = list_of(all, [](const MapDefinition* map) {
    return fmt::format("{} ({} entries)", map->spec.name, map->spec.max_entries);
  });
  return fail(Code::no_such_entry, fmt::format("{} has no map '{}' that can have another size, it has {}", object.file,
                                               name, names.empty() ? "none" : names));
}

/// One more than the highest slot that the object itself fills.
uint32_t filled_slots(const MapDefinition& map) {
  uint32_t most = 0;
  for (const ProgramSlot& slot : map.programs) most = std::max(most, slot.index + 1);
  for (const MapSlot& slot : map.maps) most = std::max(most, slot.index + 1);
  return most;
}

}  // namespace

Result<> set_map_size(Object& object, std::string_view text) {
  SAYA_TRY(const Assignment assignment, split_assignment(text, "NAME=N"));
  MapDefinition* map = find(object, assignment.name);
  if (!map) return unknown_map(object, assignment.name);
  const auto size = parse_integer(assignment.value);
  if (!size || size->magnitude == 0 || !size->fits(32, false))
    return fail(Code::invalid_argument, fmt::format("{}: map '{}': size '{}' is not a number in 1..{}", object.file,
                                                    assignment.name, assignment.value, UINT32_MAX));
  if (size->magnitude < filled_slots(*map))
    return fail(Code::invalid_argument,
                fmt::format("{}: map '{}': size {} is too small, the object fills slot {}", object.file,
                            assignment.name, size->magnitude, filled_slots(*map) - 1));
  map->spec.max_entries = static_cast<uint32_t>(size->magnitude);
  return {};
}

bool has_map(const Object& object, std::string_view text) {
  const auto assignment = split_assignment(text, "");
  return assignment && std::ranges::any_of(object.maps, [&](const MapDefinition& map) {
           return is_sizable(map) && map.spec.name == assignment->name;
         });
}

}  // namespace saya::object
