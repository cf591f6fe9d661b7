// tc's words for what was loaded.
#include "cli/obj_verb.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "map/map_of_maps.h"

namespace saya::cli {
namespace {

constexpr uint32_t kFirstDescriptor = 5;
constexpr size_t kMostInsns = 4096;  ///< BPF_MAXINSNS: tc counts what is above it.

/// As C's %#x, which leaves a zero bare.
std::string hex_text(uint32_t value) { return value ? fmt::format("{:#x}", value) : "0"; }

std::string map_text(const object::MapDefinition& map, uint32_t descriptor) {
  const MapSpec& spec = map.spec;
  return fmt::format(
      "Map object '{}' loaded ({})!\n - Type:         {}\n - Identifier:   {}\n - Pinning:      {}\n"
      " - Size key:     {}\n - Size value:   {}\n - Max elems:    {}\n - Flags:        {}\n\n",
      spec.name, descriptor, spec.type, map.id, map.pinning_number, spec.key_size,
      is_map_of_maps(spec.type) ? uint32_t{sizeof(uint32_t)} : spec.value_size, spec.max_entries, hex_text(spec.flags));
}

std::string program_text(const object::Object& object, const VerbProgram& program, uint32_t descriptor) {
  const bool loaded = program.reasons.empty();
  std::string text = fmt::format(
      "\nProg section '{}' {} ({})!\n - Type:         {}\n - Instructions: {} ({} over limit)\n"
      " - License:      {}\n\nVerifier analysis:\n\n",
      program.function->section, loaded ? "loaded" : "rejected: Invalid argument", loaded ? descriptor : EINVAL,
      static_cast<uint32_t>(program.type), program.insns, program.insns > kMostInsns ? program.insns - kMostInsns : 0,
      object.license);
  return loaded ? text : text + fmt::format("{}\n\n", fmt::join(program.reasons, "\n"));
}

/// The functions that tc puts into prog arrays by the names of their sections.
std::set<const object::Function*> slot_functions(const object::Object& object) {
  std::set<const object::Function*> functions;
  for (const object::MapDefinition& map : object.maps)
    for (const object::ProgramSlot& slot : map.programs)
      if (map.id) functions.insert(&object.functions[slot.function]);
  return functions;
}

}  // namespace

std::string verb_text(const object::Object& object, const std::vector<VerbProgram>& programs) {
  std::string text;
  uint32_t descriptor = kFirstDescriptor;
  for (const bool of_maps : {false, true})
    for (const object::MapDefinition& map : object.maps)
      if (is_map_of_maps(map.spec.type) == of_maps) text += map_text(map, descriptor++);
  const auto in_slots = slot_functions(object);
  for (const bool later : {false, true})
    for (const VerbProgram& program : programs) {
      if (in_slots.contains(program.function) != later) continue;
      text += program_text(object, program, descriptor);
      if (program.reasons.empty()) ++descriptor;
    }
  return text;
}

}  // namespace saya::cli
