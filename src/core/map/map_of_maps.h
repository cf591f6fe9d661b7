// BPF_MAP_TYPE_ARRAY_OF_MAPS and BPF_MAP_TYPE_HASH_OF_MAPS: maps whose elements are maps, all of one shape.
#pragma once

#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>

#include "map/map.h"

namespace saya {

/// Elements live in this process (an inner map cannot be shared by offset), so open_map() refuses these types.
/// lookup() answers with the inner map itself, as a `Map*`: what a program hands on to a helper. It never waits, and
/// the answer stays valid until the Reader's quiescent(), whatever becomes of the element.
class MapOfMaps : public Map {
 public:
  using Map::Map;

  /// Puts `inner` under `key`; the map that was there is released after a grace period, for which it waits. `flags` as
  /// Update. Control side only. invalid_argument when `inner` is not of the shape of spec().inner; else as
  /// host_update().
  Result<> set(std::span<const std::byte> key, MapPtr inner, uint64_t flags = kUpdateAny);
  /// The map under `key`, or null. Control side only.
  MapPtr get(std::span<const std::byte> key) const;
  /// Calls `visit(key, inner)` for each element in next_key order. Control side only.
  Result<> for_each_inner(const std::function<void(std::span<const std::byte>, const MapPtr&)>& visit) const;

  /// -EOPNOTSUPP: see set().
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept final;
  /// Control side only: it waits.
  int erase(const std::byte* key) noexcept final;
  std::span<std::byte> value_around(const std::byte*) noexcept final { return {}; }

 private:
  /// Makes lookup() of `key` answer `inner`, or nothing. 0 or a negative errno; then nothing has changed.
  virtual int link(const std::byte* key, const Map& inner, uint64_t flags) = 0;
  virtual int unlink(const std::byte* key) = 0;

  std::string owner_key(const std::byte* key) const;

  mutable std::mutex changing_;                     ///< Guards owners_ and changes of elements.
  std::unordered_map<std::string, MapPtr> owners_;  ///< By the key's bytes: what lookup() answers.
};

/// Whether elements of this type are maps.
constexpr bool is_map_of_maps(uint32_t type) noexcept {
  return type == static_cast<uint32_t>(MapKind::array_of_maps) || type == static_cast<uint32_t>(MapKind::hash_of_maps);
}
/// Null for other types.
inline MapOfMaps* as_map_of_maps(Map& map) noexcept {
  return is_map_of_maps(map.spec().type) ? static_cast<MapOfMaps*>(&map) : nullptr;
}

/// Whether maps of `inner` may be elements where `shape` is asked for; the error names both and the field that differs.
/// How many entries a map has matters for few types, as in the kernel.
Result<> check_shape(const MapSpec& shape, const MapSpec& inner);
/// What storage functions check: a value is one u32, and there is a shape that elements can have.
Result<> check_map_of_maps(const MapSpec& spec, uint32_t nr_cpus);

/// The kernel's way to hand an address to a program.
inline std::byte* as_answer(const Map* inner) noexcept { return reinterpret_cast<std::byte*>(const_cast<Map*>(inner)); }

}  // namespace saya
