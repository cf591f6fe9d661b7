// Maps as `bpftool map dump -j` writes them, out and in.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "run/map_target.h"
#include "run/typed_map.h"
#include "run/value_json.h"

namespace saya::run {

/// {"name", "type", "flags", ..., "elements"}: all of the map's elements with their bytes as "0x.." strings and, where
/// their types are known, "formatted". Those of a map of maps have "inner_map" instead of a value, those of a prog
/// array "program", and so have those of device and CPU maps that have one. What cannot be listed has "error".
Json dump_json(const TypedMap& map);
/// The same for people: a line for each element.
std::string dump_text(const TypedMap& map);

/// Fills a map with what `text` holds: a list of elements as above, an object that has one as "elements", a list of
/// such objects or an object that has one as "maps", of which the one with the map's name counts. An element has "key"
/// and "value" (or per-CPU "values") as lists of byte strings, or as values of the map's types, or both, those as
/// "formatted". In prog arrays, device maps and CPU maps "program" names one. Errors name the element.
Result<> load_map(const TypedMap& map, std::string_view text, const MapWorld& world, const ElementNames& names = {});

}  // namespace saya::run
