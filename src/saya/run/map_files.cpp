// Words that name maps and files.
#include "run/map_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/read_all.h"
#include "base/text.h"

namespace saya::run {
namespace {

constexpr size_t kMostBytes = size_t{256} << 20;  ///< A million elements of ordinary size.

Result<> load_one(const Preload& preload, const std::vector<TypedMap>& maps, const MapWorld& world,
                  const ElementNames& names) {
  SAYA_TRY(const TypedMap* map, find_map(maps, preload.map));
  SAYA_TRY(const std::string text, read_whole_file(preload.file, kMostBytes));
  if (auto loaded = load_map(*map, text, world, names); !loaded)
    return std::unexpected(std::move(loaded).error().at(preload.file));
  return {};
}

}  // namespace

Result<Preload> parse_preload(std::string_view word) {
  const size_t equals = word.find('=');
  if (equals == word.npos || equals == 0 || equals + 1 == word.size())
    return fail(Code::invalid_argument, fmt::format("--map '{}' must be NAME=FILE", printable(word)));
  return Preload{std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))};
}

Result<> load_maps(const std::vector<Preload>& preloads, const std::vector<TypedMap>& maps, const MapWorld& world,
                   const ElementNames& names) {
  for (const Preload& preload : preloads)
    if (auto loaded = load_one(preload, maps, world, names); !loaded)
      return std::unexpected(std::move(loaded).error().at(fmt::format("--map {}", printable(preload.map))));
  return {};
}

Result<std::vector<TypedMap>> choose_maps(const std::vector<std::string>& names, const std::vector<TypedMap>& maps) {
  for (const std::string& name : names)
    if (name != kAllMaps && std::ranges::none_of(maps, [&](const TypedMap& map) { return map.is_called(name); }))
      return std::unexpected(find_map(maps, name).error().at("--dump-maps"));
  std::vector<TypedMap> chosen;
  for (const TypedMap& map : maps)
    if (std::ranges::any_of(names, [&](const std::string& name) { return name == kAllMaps || map.is_called(name); }))
      chosen.push_back(map);
  return chosen;
}

}  // namespace saya::run
