// map_calls.def, asked both ways.
#include "abi/map_calls.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace saya::abi {
namespace {

struct Pair {
  uint32_t one;
  uint32_t other;
};
constexpr Pair kMapTakes[] = {
#define SAYA_MAP_TAKES(type, helper) {type, helper},
#define SAYA_HELPER_TAKES(helper, type)
#include "abi/map_calls.def"
};
constexpr Pair kHelperTakes[] = {
#define SAYA_MAP_TAKES(type, helper)
#define SAYA_HELPER_TAKES(helper, type) {helper, type},
#include "abi/map_calls.def"
};

/// Whether `one` is without rows, or has one with `other`.
bool allows(std::span<const Pair> rows, uint32_t one, uint32_t other) noexcept {
  bool restricted = false;
  for (const Pair& row : rows) {
    if (row.one != one) continue;
    if (row.other == other) return true;
    restricted = true;
  }
  return !restricted;
}

}  // namespace

bool takes_map(uint32_t id, uint32_t type) noexcept {
  return allows(kMapTakes, type, id) && allows(kHelperTakes, id, type);
}

}  // namespace saya::abi
