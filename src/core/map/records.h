// What map types share: the order of indices, writing to one, and which record an address falls into.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "map/fields.h"
#include "map/map.h"
#include "map/words.h"

namespace saya {

/// Map::next_key() over indices 0..max_entries-1, all of which exist.
inline int next_index(const std::byte* key, std::byte* next, uint32_t max_entries) noexcept {
  const uint32_t index = key ? load<uint32_t>(key) : UINT32_MAX;
  if (index < max_entries && index + 1 == max_entries) return -ENOENT;
  store(next, index < max_entries ? index + 1 : uint32_t{0});
  return 0;
}

/// Map::update() where every index has a value from the beginning. `slot` is its shared memory, null for a key that is
/// no index.
inline int update_slot(const ValueShape& shape, std::byte* slot, const std::byte* value, uint64_t flags) noexcept {
  if ((flags & ~uint64_t{kUpdateLock}) > kUpdateExist) return -EINVAL;
  if (!slot) return -E2BIG;
  if (flags & kUpdateNoExist) return -EEXIST;
  if (flags & kUpdateLock) {
    if (const int error = shape.store_locked(slot, value)) return error;
  } else {
    shape.store(slot, value);
  }
  shape.release(slot);
  return 0;
}

/// `area` is an array of records of `stride` bytes, each with a value at [value_at, value_at + value_size). The value
/// that contains `address`, or an empty span for padding, links, keys and the world outside.
inline std::span<std::byte> value_in(std::span<std::byte> area, size_t stride, size_t value_at, size_t value_size,
                                     const std::byte* address) noexcept {
  const size_t at = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(area.data());
  if (at >= area.size()) return {};  // Also what lies before the area: the difference wraps around.
  const size_t inside = at % stride;
  if (inside < value_at || inside - value_at >= value_size) return {};
  return area.subspan(at - inside + value_at, value_size);
}

}  // namespace saya
