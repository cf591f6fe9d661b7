// BPF_MAP_TYPE_SK_STORAGE: a value for each socket, made when a program asks for it.
#pragma once

#include <vector>

#include "map/map.h"

namespace saya {

/// Values by the sockets' cookies. In this process: sockets are not shared, so a map opened from elsewhere is empty.
class SkStorage final : public Map {
 public:
  /// `values` is a hash map from cookies.
  SkStorage(MapSpec spec, MapMemory memory, MapPtr values);

  /// The socket's value, or null while there is none; `create` makes one from `initial`, or zeroes for null. Null also
  /// when there is no room for it.
  std::byte* get(uint64_t cookie, const std::byte* initial, bool create, uint32_t cpu) noexcept;
  /// 0, or -ENOENT when the socket has no value.
  int remove(uint64_t cookie) noexcept;

  // User space names sockets by the low half of their cookies, where the kernel takes descriptors.
  std::byte* lookup(const std::byte* key, uint32_t cpu) noexcept override;
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept override;
  int erase(const std::byte* key) noexcept override;
  /// -ENOTSUPP, as in the kernel.
  int next_key(const std::byte* key, std::byte* next) const noexcept override;
  std::span<std::byte> value_around(const std::byte* address) noexcept override;

 private:
  const MapPtr values_;
  const std::vector<std::byte> zeroes_;
};

}  // namespace saya
