// Words of `--set` and `--map-size` from hostile bytes: the first line is the word, what follows is an object file.
#include "object/variables.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "object/object.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::string_view word = all.substr(0, all.find('\n'));
  if (word.size() == all.size()) return 0;
  auto object = saya::object::read(std::as_bytes(std::span(data, size)).subspan(word.size() + 1), "fuzz.o");
  if (!object) return 0;
  (void)saya::object::has_variable(*object, word);
  (void)saya::object::set_variable(*object, word);
  (void)saya::object::set_map_size(*object, word);
  return 0;
}
