// `--map NAME=FILE` and `--dump-maps[=NAME]`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "run/map_json.h"

namespace saya::run {

/// A map and the file that it is filled from before the first packet.
struct Preload {
  std::string map;
  std::string file;
};
/// "NAME=FILE". Names of maps have no '='.
Result<Preload> parse_preload(std::string_view word);

/// Fills the maps, in the order given. Errors name file, map and element.
Result<> load_maps(const std::vector<Preload>& preloads, const std::vector<TypedMap>& maps, const MapWorld& world,
                   const ElementNames& names);

/// What --dump-maps means when it names no map.
inline constexpr std::string_view kAllMaps = "*";
/// The maps of those names, each once and in the order of `maps`; an error for a name that none has.
Result<std::vector<TypedMap>> choose_maps(const std::vector<std::string>& names, const std::vector<TypedMap>& maps);

}  // namespace saya::run
