// map_calls.def as a table of bits: the checked interpreter asks at every call that takes a map.
#include "abi/map_calls.h"

#include <array>
#include <cstddef>

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

constexpr size_t kHelpers = 256, kTypes = 64;  // More than there are; a word has a bit for each type.
using Taken = std::array<uint64_t, kHelpers>;

constexpr uint64_t bit(uint32_t type) { return uint64_t{1} << type; }

/// What the rows of each map type leave to the helpers.
constexpr Taken by_type() {
  Taken taken{};
  uint64_t restricted = 0;
  for (const Pair& row : kMapTakes) restricted |= bit(row.one);
  for (uint64_t& types : taken) types = ~restricted;
  for (const Pair& row : kMapTakes) taken[row.other] |= bit(row.one);
  return taken;
}

/// Bit `type` of word `helper`.
constexpr Taken kTaken = [] {
  Taken taken = by_type(), listed{};
  for (const Pair& row : kHelperTakes) listed[row.one] |= bit(row.other);
  for (uint32_t id = 0; id < kHelpers; ++id)
    if (listed[id] != 0) taken[id] &= listed[id];
  return taken;
}();

}  // namespace

bool takes_map(uint32_t id, uint32_t type) noexcept {
  return id >= kHelpers || type >= kTypes || (kTaken[id] & bit(type)) != 0;
}

}  // namespace saya::abi
