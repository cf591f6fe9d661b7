// Object files from hostile bytes: read, link every program that there is, for saya's types and for the object's own,
// which have a counterpart to each of its CO-RE relocations; never crash or hang.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "object/object.h"
#include "program/program.h"

namespace {

constexpr size_t kMostLinked = 64;

void link_all(const saya::object::Object& object, std::span<const saya::MapPtr> maps,
              const saya::program::Target& target) {
  for (uint32_t i = 0; i < object.functions.size() && i < kMostLinked; ++i)
    (void)saya::program::link(object, i, maps, saya::program::Type::unspec, target);
}

/// What a map may cost is the map room's business.
bool is_small(const saya::object::Object& object) {
  constexpr uint32_t kLargest = 1 << 16;
  for (const saya::object::MapDefinition& map : object.maps)
    if (map.spec.max_entries > kLargest || map.spec.value_size > kLargest) return false;
  return object.maps.size() <= 64;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto object = saya::object::read(std::as_bytes(std::span(data, size)), "fuzz.o");
  if (!object) return 0;
  (void)saya::object::find_program(*object, "xdp");
  link_all(*object, {}, {.name = "its own types", .types = [&object] { return object->btf; }});
  (void)saya::program::bind_config(*object, saya::program::default_target());
  if (!is_small(*object)) return 0;
  if (const auto maps = saya::program::create_maps(*object, {}))
    link_all(*object, *maps, saya::program::default_target());
  return 0;
}
