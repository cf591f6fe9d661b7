// The maps of an object, made real.
#include "base/bytes.h"
#include "map/host.h"
#include "program/program.h"

namespace saya::program {
namespace {

Result<MapPtr> create(const object::MapDefinition& definition, const MapWorld& world) {
  SAYA_TRY(MapPtr map, create_map(definition.spec, world));
  if (definition.initial.empty()) return map;
  const uint32_t key = 0;
  SAYA_CHECK(host_update(*map, std::as_bytes(std::span(&key, 1)), definition.initial));
  return map;
}

}  // namespace

Result<std::vector<MapPtr>> create_maps(const object::Object& object, const MapWorld& world) {
  std::vector<MapPtr> maps;
  for (const object::MapDefinition& definition : object.maps) {
    auto map = create(definition, world);
    if (!map) return std::unexpected(std::move(map).error().at(object.file));  // It names the map itself.
    maps.push_back(*std::move(map));
  }
  return maps;
}

}  // namespace saya::program
