// The maps of an object, made real: pinned ones are found or made and pinned, in file order, as iproute2 and libbpf do;
// then maps of maps get what they hold from the beginning.
#include <fmt/format.h>

#include <cstring>
#include <memory>

#include "base/bytes.h"
#include "map/host.h"
#include "map/map_of_maps.h"
#include "program/pins.h"
#include "program/program.h"

namespace saya::program {
namespace {

/// A map for a definition, and whether it was there before.
struct Made {
  MapPtr map;
  bool reused = false;
};

/// Of a map, and of those that it will hold.
void take_default_size(MapSpec& spec, const MapWorld& world) {
  if (has_default_size(spec)) spec.max_entries = world.nr_cpus;
  if (!spec.inner || !has_default_size(*spec.inner)) return;
  MapSpec inner = *spec.inner;
  take_default_size(inner, world);
  spec.inner = std::make_shared<const MapSpec>(std::move(inner));
}

Result<MapPtr> create(const object::MapDefinition& definition, const MapWorld& world) {
  MapSpec spec = definition.spec;
  take_default_size(spec, world);
  SAYA_TRY(MapPtr map, create_map(spec, world));
  if (definition.initial.empty()) return map;
  const uint32_t key = 0;
  SAYA_CHECK(host_update(*map, std::as_bytes(std::span(&key, 1)), definition.initial));
  return map;
}

Result<MapPtr> find_pinned(const object::MapDefinition& definition, PinStore& store, const std::string& path) {
  if (definition.pinning == object::Pinning::replace) return nullptr;
  SAYA_TRY(MapPtr pinned, store.find(path));
  if (!pinned) return nullptr;
  if (auto fits = check_pinned(definition.spec, pinned->spec()); !fits) {
    fits.error().message.insert(0, fmt::format("map '{}' is not the one pinned at {}\n", definition.spec.name, path));
    return std::unexpected(std::move(fits).error());
  }
  return pinned;
}

Result<> pin(PinStore& store, object::Pinning pinning, const std::string& path, MapPtr map) {
  return pinning == object::Pinning::replace ? store.replace(path, std::move(map)) : store.put(path, std::move(map));
}

Result<Made> make(const object::Object& object, const object::MapDefinition& definition, const MapWorld& world,
                  const Pins& pins) {
  if (auto described = object::check_described(definition); !described)
    return std::unexpected(std::move(described).error().at(fmt::format("map '{}'", definition.spec.name)));
  std::optional<std::string> path;
  if (pins.store) {
    SAYA_TRY(path, pin_path(object, definition, pins.scheme));
  }
  if (path) {
    SAYA_TRY(MapPtr pinned, find_pinned(definition, *pins.store, *path));
    if (pinned) return Made{std::move(pinned), true};
  }
  SAYA_TRY(MapPtr map, create(definition, world));
  if (path) SAYA_CHECK(pin(*pins.store, definition.pinning, *path, map));
  return Made{std::move(map), false};
}

/// Slot numbers are keys of whatever size the map has.
std::vector<std::byte> key_of(const MapSpec& spec, uint32_t index) {
  std::vector<std::byte> key(spec.key_size);
  std::memcpy(key.data(), &index, std::min(key.size(), sizeof index));
  return key;
}

Result<> fill(Map& map, const object::MapDefinition& definition, std::span<const Made> made) {
  MapOfMaps* const outer = as_map_of_maps(map);
  for (const object::MapSlot& slot : definition.maps) {
    if (!outer || slot.map >= made.size())
      return fail(Code::malformed,
                  fmt::format("map '{}': slot {} cannot hold map {}", map.spec().name, slot.index, slot.map));
    SAYA_CHECK(outer->set(key_of(map.spec(), slot.index), made[slot.map].map));
  }
  return {};
}

Result<std::vector<Made>> make_all(const object::Object& object, const MapWorld& world, const Pins& pins) {
  std::vector<Made> made;
  for (const object::MapDefinition& definition : object.maps) {
    SAYA_TRY(Made one, make(object, definition, world, pins));
    made.push_back(std::move(one));
  }
  for (size_t i = 0; i < made.size(); ++i)
    if (!made[i].reused) SAYA_CHECK(fill(*made[i].map, object.maps[i], made));
  return made;
}

}  // namespace

Result<std::vector<MapPtr>> create_maps(const object::Object& object, const MapWorld& world, const Pins& pins) {
  auto made = make_all(object, world, pins);
  if (!made) return std::unexpected(std::move(made).error().at(object.file));  // It names the map itself.
  std::vector<MapPtr> maps;
  for (Made& one : *made) maps.push_back(std::move(one.map));
  return maps;
}

Result<std::vector<MapPtr>> create_maps(const object::Object& object, const MapWorld& world) {
  return create_maps(object, world, {});
}

}  // namespace saya::program
