// Names for every map type of Linux 6.18, also for those that saya does not have.
#include <fmt/format.h>

#include <iterator>

#include "map/map.h"

namespace saya {
namespace {

constexpr std::string_view kNames[] = {
#define SAYA_MAP_TYPE_NAME(id, name) #name,
#include "map/type_names.def"
};
static_assert(std::size(kNames) == kMapTypeNumbers);
#define SAYA_MAP_TYPE_NAME(id, name) static_assert(kNames[id] == #name, "type_names.def is in order");
#include "map/type_names.def"
#define SAYA_MAP_TYPE(id, name, doc) static_assert(kNames[id] == #name, "both tables name a type alike");
#include "map/types.def"

}  // namespace

std::string map_type_name(uint32_t id) {
  return id < std::size(kNames) ? std::string(kNames[id]) : fmt::format("type {}", id);
}

}  // namespace saya
