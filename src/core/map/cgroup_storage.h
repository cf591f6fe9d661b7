// Storage that belongs to a control group's attachment of a program: packet programs of XDP and tc have none, so such a
// map stays empty.
#pragma once

#include "map/map.h"

namespace saya {

class CgroupStorage final : public Map {
 public:
  using Map::Map;

  uint32_t copies() const noexcept override;
  std::byte* lookup(const std::byte* key, uint32_t cpu) noexcept override;
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept override;
  int erase(const std::byte* key) noexcept override;
  int next_key(const std::byte* key, std::byte* next) const noexcept override;
  std::span<std::byte> value_around(const std::byte* address) noexcept override;
};

/// What both types check. A value has at most `most` bytes.
Result<size_t> cgroup_storage_bytes(const MapSpec& spec, uint32_t most);

}  // namespace saya
