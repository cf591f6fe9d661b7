// Storage that belongs to a task or to a control group. Saya knows one of each, the idle task and the root, so such a
// map has one value at most.
#pragma once

#include "map/map.h"

namespace saya {

class OwnerStorage final : public Map {
 public:
  using Map::Map;

  /// The value, or null while there is none; `create` makes one from `initial`, or zeroes for null.
  std::byte* get(const std::byte* initial, bool create) noexcept;
  /// 0, or -ENOENT when there is no value. Whoever still has its address may go on using it.
  int remove() noexcept;

  // User space names owners by descriptors, of which there are none here.
  std::byte* lookup(const std::byte* key, uint32_t cpu) noexcept override;
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept override;
  int erase(const std::byte* key) noexcept override;
  int next_key(const std::byte* key, std::byte* next) const noexcept override;
  std::span<std::byte> value_around(const std::byte* address) noexcept override;

 private:
  std::byte* value() noexcept;
};

/// Bytes of the payload; refuses what check_storage() does.
Result<size_t> owner_storage_bytes(const MapSpec& spec);

}  // namespace saya
