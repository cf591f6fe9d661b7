// Sections "ID/SLOT" (`__section_tail()` of iproute2): the program goes into that slot of the prog array with that id.
// The names are read as iproute2 reads them (lib/bpf_legacy.c), which loads a section as one program: its first
// function.
#include <fmt/format.h>

#include <cstdio>
#include <unordered_map>

#include "object/reading.h"

namespace saya::object {
namespace {

struct TailSlot {
  uint32_t id;
  uint32_t slot;
};

/// Decimal, octal or hexadecimal, with a sign, whatever follows.
std::optional<TailSlot> parse(const std::string& section) {
  int id = 0, slot = 0;
  if (std::sscanf(section.c_str(), "%i/%i", &id, &slot) != 2) return std::nullopt;
  return TailSlot{static_cast<uint32_t>(id), static_cast<uint32_t>(slot)};
}

/// The first prog array of each id. 0 is an id only where the struct has a place for it.
std::unordered_map<uint32_t, uint32_t> prog_arrays(const Object& object) {
  std::unordered_map<uint32_t, uint32_t> arrays;
  for (uint32_t i = 0; i < object.maps.size(); ++i) {
    const MapDefinition& map = object.maps[i];
    if (map.spec.type == kProgArray && (map.id != 0 || map.section != kBtfMaps)) arrays.try_emplace(map.id, i);
  }
  return arrays;
}

}  // namespace

Result<> read_tail_sections(Object& object, const Layout& layout) {
  const auto arrays = prog_arrays(object);
  uint32_t last_section = 0;
  for (uint32_t i = 0; i < object.functions.size() && !arrays.empty(); ++i) {
    const std::string& section = object.functions[i].section;
    const bool is_first = layout.functions[i].section != last_section;
    last_section = layout.functions[i].section;
    const auto tail = is_first ? parse(section) : std::nullopt;
    const auto array = tail ? arrays.find(tail->id) : arrays.end();
    if (array == arrays.end()) continue;
    MapDefinition& map = object.maps[array->second];
    if (auto fits = check_slot(map.spec, tail->slot, "a program"); !fits)
      return std::unexpected(std::move(fits).error().at(fmt::format("section '{}': map '{}'", section, map.spec.name)));
    map.programs.push_back({tail->slot, i});
  }
  return {};
}

}  // namespace saya::object
