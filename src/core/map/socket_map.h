// Maps of sockets (BPF_MAP_TYPE_SOCKMAP, _SOCKHASH). A socket is kept as its cookie, which means the same to whoever
// knows the sockets (netstate/netstate.h); user space hands cookies over where the kernel takes descriptors.
#pragma once

#include <cstdint>

#include "map/map.h"

namespace saya {

/// Whether maps of that type are SocketMaps.
constexpr bool holds_sockets(uint32_t type) noexcept {
  return type == static_cast<uint32_t>(MapKind::sockmap) || type == static_cast<uint32_t>(MapKind::sockhash);
}

class SocketMap : public Map {
 public:
  using Map::Map;
  /// The cookie under `key`; 0 when there is none.
  virtual uint64_t get(const std::byte* key) const noexcept = 0;
  /// Stores a cookie that is not 0. As Map::update().
  virtual int put(const std::byte* key, uint64_t cookie, uint64_t flags, uint32_t cpu) noexcept = 0;

  /// -EINVAL for the cookie 0.
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept final;
  /// Programs hold sockets, not the map's bytes.
  std::span<std::byte> value_around(const std::byte*) noexcept final { return {}; }
};

/// What both types check: flags and the size of a value.
Result<> check_socket_map(const MapSpec& spec);

}  // namespace saya
