// A map with what its object knows about it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "attach/objects.h"
#include "btf/btf.h"
#include "map/map.h"

namespace saya::run {

struct TypedMap {
  MapPtr map;
  std::string name;                     ///< In full, as the object has it.
  std::string object;                   ///< Base name of the object's file.
  std::shared_ptr<const btf::Btf> btf;  ///< Null when the object has none.
  uint32_t key_type = 0;                ///< In `btf`; 0 when unknown.
  uint32_t value_type = 0;
  std::shared_ptr<const MapSpec> inner;  ///< Of a map of maps: as the object describes them.
  bool frozen = false;                   ///< Constants: nobody writes it.

  /// Whether people mean this map by `word`: its name, or as much of it as the kernel keeps, perhaps with "OBJ:" in
  /// front.
  bool is_called(std::string_view word) const noexcept;
};

/// The maps of `objects` in path order, those that they share once.
std::vector<TypedMap> typed_maps(const attach::Objects& objects);
/// An element of the map of maps `outer`, with the types that the object gives to all of them.
TypedMap inner_of(const TypedMap& outer, MapPtr inner);
/// The only map called `word`, or an error that says what there is.
Result<const TypedMap*> find_map(const std::vector<TypedMap>& maps, std::string_view word);

}  // namespace saya::run
