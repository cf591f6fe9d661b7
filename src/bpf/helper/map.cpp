// kernel/bpf/helpers.c, Linux 6.18. The maps themselves return the errno.
#include "helper/map.h"

#include "helper/errno.h"
#include "helper/socket.h"
#include "map/socket_map.h"

namespace saya::helper {

uint64_t map_lookup_elem(Run& run, Map* map, const std::byte* key) noexcept {
  if (holds_sockets(map->spec().type)) [[unlikely]]
    return look_up_socket(run, *map, key);
  return reinterpret_cast<uint64_t>(map->lookup(key, run.services->cpu));
}

uint64_t map_update_elem(Run& run, Map* map, const std::byte* key, const std::byte* value, uint64_t flags) noexcept {
  if (holds_sockets(map->spec().type)) [[unlikely]]
    return update_socket(run, *map, key, value, flags);
  return result(map->update(key, value, flags, run.services->cpu));
}

uint64_t map_delete_elem(Run&, Map* map, const std::byte* key) noexcept { return result(map->erase(key)); }

}  // namespace saya::helper
