// Who may do what with a map from the host side: flags of its spec, and whether it is frozen.
#pragma once

#include <cstdint>

#include "map/map.h"

namespace saya {

inline bool may_read(const Map& map) noexcept { return !(map.spec().flags & kMapWriteOnlySyscall); }
inline bool may_write(const Map& map) noexcept {
  return !(map.spec().flags & kMapReadOnlySyscall) && !map.memory().is_frozen();
}
/// Whether `flags` ask for no spin lock, or for one that the value has.
inline bool may_lock(const Map& map, uint64_t flags) noexcept {
  if (!(flags & kUpdateLock)) return true;
  for (const MapField& field : map.spec().fields)
    if (field.kind == MapField::Kind::spin_lock) return true;
  return false;
}

/// Types with a value for each CPU.
constexpr bool is_per_cpu(uint32_t type) noexcept {
  return type == 5 || type == 6 || type == 10 || type == 21;  // percpu_hash, _array, lru_percpu_hash, _cgroup_storage
}

}  // namespace saya
