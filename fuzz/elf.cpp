// Object files from hostile bytes: read, link every program that there is, and never crash or hang.
#include <cstddef>
#include <cstdint>
#include <span>

#include "object/object.h"
#include "program/program.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto object = saya::object::read(std::as_bytes(std::span(data, size)), "fuzz.o");
  if (!object || object->maps.size() > 64) return 0;
  std::vector<saya::MapPtr> maps;
  for (const saya::object::MapDefinition& definition : object->maps) {
    constexpr uint32_t kLargest = 1 << 16;  // What a map may cost is the map room's business.
    if (definition.spec.max_entries > kLargest || definition.spec.value_size > kLargest) return 0;
    auto map = saya::create_map(definition.spec, {});
    if (!map) return 0;
    maps.push_back(*std::move(map));
  }
  for (uint32_t i = 0; i < object->functions.size() && i < 64; ++i) (void)saya::program::link(*object, i, maps);
  return 0;
}
