// Maps of objects with their types.
#include "run/typed_map.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/text.h"

namespace saya::run {

bool TypedMap::is_called(std::string_view word) const noexcept {
  if (word.starts_with(object) && word.substr(object.size()).starts_with(':')) word.remove_prefix(object.size() + 1);
  return word == name || word == map->spec().name;
}

std::vector<TypedMap> typed_maps(const attach::Objects& objects) {
  std::vector<TypedMap> maps;
  std::set<const Map*> seen;
  for (const auto& [path, open] : objects.all())
    for (size_t i = 0; i < open.maps.size(); ++i) {
      const object::MapDefinition& definition = open.object.maps[i];
      if (!seen.insert(open.maps[i].get()).second) continue;
      maps.push_back({.map = open.maps[i],
                      .name = definition.spec.name,
                      .object = open.object.file,
                      .btf = open.object.btf,
                      .key_type = definition.spec.key_btf_type,
                      .value_type = definition.spec.value_btf_type,
                      .inner = definition.spec.inner,
                      .frozen = definition.frozen});
    }
  return maps;
}

TypedMap inner_of(const TypedMap& outer, MapPtr inner) {
  TypedMap map{.map = std::move(inner), .btf = outer.btf};
  map.name = map.map->spec().name;
  if (outer.inner) {
    map.key_type = outer.inner->key_btf_type;
    map.value_type = outer.inner->value_btf_type;
  }
  return map;
}

Result<const TypedMap*> find_map(const std::vector<TypedMap>& maps, std::string_view word) {
  const auto called = [&](const TypedMap& map) { return map.is_called(word); };
  const auto found = std::ranges::find_if(maps, called);
  if (found != maps.end()) {
    const auto other = std::find_if(found + 1, maps.end(), called);
    if (other == maps.end()) return &*found;
    return fail(Code::invalid_argument, fmt::format("'{}' is a map of {} and of {}; say {}:{}", printable(word),
                                                    found->object, other->object, found->object, printable(word)));
  }
  std::vector<std::string_view> names;
  for (const TypedMap& map : maps) names.push_back(map.name);
  return fail(Code::no_such_entry,
              names.empty() ? fmt::format("no map '{}': the programs have no maps", printable(word))
                            : fmt::format("no map '{}'; there are: {}", printable(word), fmt::join(names, ", ")));
}

}  // namespace saya::run
