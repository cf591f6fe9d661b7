// The way of a program into a map is the one to a hook, but for its end: a loader's bpf_map_update_elem() with the
// program's descriptor. Types as libbpf 1.x gives them.
#include "attach/map_programs.h"

#include <fmt/format.h>

#include <algorithm>

#include "attach/tail_calls.h"
#include "map/map_of_maps.h"
#include "map/prog_array.h"
#include "map/redirect_map.h"

namespace saya::attach {
namespace {

struct Found {
  const OpenObject* object;
  uint32_t function;
};

Result<Found> find(Pipeline& pipeline, const ProgramElement& element) {
  const std::string_view word = element.program;
  if (const size_t colon = word.rfind(':'); colon != word.npos) {
    SAYA_TRY(const OpenObject* open, pipeline.open(std::string(word.substr(0, colon))));
    SAYA_TRY(const uint32_t index, object::find_program(open->object, word.substr(colon + 1)));
    return Found{open, index};
  }
  std::optional<Error> first;
  for (const auto& [path, open] : pipeline.objects().all()) {
    if (std::ranges::find(open.maps, element.map) == open.maps.end()) continue;
    auto index = object::find_program(open.object, word);
    if (index) return Found{&open, *index};
    if (!first) first = std::move(index).error();
  }
  if (first) return std::unexpected(*std::move(first));
  return fail(Code::no_such_entry, fmt::format("program '{}' needs its object: OBJ:{}", word, word));
}

Result<> put(ProgArray& array, uint32_t slot, Pipeline& pipeline, const Found& found) {
  const object::Function& function = found.object->object.functions[found.function];
  const auto owner = array.owner();
  const program::Type type = owner ? type_in_slot(function, static_cast<program::Type>(owner->program_type))
                                   : default_type(found.object->object, function);
  SAYA_TRY(abi::ExecutablePtr executable, pipeline.prepare(found.object->path, found.function, type));
  SAYA_CHECK(array.claim({.program_type = static_cast<uint32_t>(type), .frags = executable->identity().frags}));
  return array.set(slot, std::move(executable));
}

Result<> put(RedirectMap& map, const ProgramElement& element, Pipeline& pipeline, const Found& found,
             const Pipeline::Wrap& wrap) {
  SAYA_TRY(abi::ExecutablePtr executable, pipeline.prepare(found.object->path, found.function, program::Type::xdp));
  const uint32_t expected = executable->identity().expected_attach_type;
  if (wrap) executable = wrap(std::move(executable));
  return map.set(element.key, element.number, {.program = std::move(executable), .expected_attach_type = expected});
}

void release(Map& map) noexcept {
  if (auto* const array = dynamic_cast<ProgArray*>(&map)) array->clear();
  if (RedirectMap* const targets = as_redirect_map(map)) targets->release_programs();
  if (const MapOfMaps* const outer = as_map_of_maps(map))
    static_cast<void>(outer->for_each_inner([](std::span<const std::byte>, const MapPtr& inner) { release(*inner); }));
}

}  // namespace

Result<> set_program(Pipeline& pipeline, const ProgramElement& element, const Pipeline::Wrap& wrap) {
  SAYA_TRY(const Found found, find(pipeline, element));
  if (auto* const array = dynamic_cast<ProgArray*>(element.map.get())) return put(*array, element.key, pipeline, found);
  if (RedirectMap* const targets = as_redirect_map(*element.map)) return put(*targets, element, pipeline, found, wrap);
  return fail(Code::unsupported, fmt::format("elements of map '{}' hold no programs", element.map->spec().name));
}

void release_programs(const OpenObject& open) noexcept {
  for (const MapPtr& map : open.maps) release(*map);
}

}  // namespace saya::attach
