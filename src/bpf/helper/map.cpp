// kernel/bpf/helpers.c, Linux 6.18. The maps themselves return the errno.
#include "helper/map.h"

#include "helper/errno.h"
#include "helper/socket.h"
#include "map/map_of_maps.h"
#include "map/socket_map.h"

namespace saya::helper {
namespace {

/// A walk over the elements of a map, each handed to a function of the program.
struct Walk {
  Run& run;
  Map& map;
  uint64_t function;
  uint64_t context;
  uint64_t visited = 0;
};

/// Map::Visit: false when the program has seen enough. Keys are the program's to read during its call only.
bool show(void* walk, const std::byte* key, std::byte* value) noexcept {
  Walk& it = *static_cast<Walk*>(walk);
  ++it.visited;
  abi::grant(it.run, abi::Grants::Kind::memory, key, it.map.spec().key_size, false);
  const uint64_t enough =
      it.run.invoke(it.run, it.function, reinterpret_cast<uint64_t>(&it.map), reinterpret_cast<uint64_t>(key),
                    reinterpret_cast<uint64_t>(value), it.context, 0);
  abi::revoke(it.run, key);
  return enough == 0;
}

/// Indices in their order; the key that the program sees is a copy.
void walk_slots(Walk& walk, uint32_t cpu) noexcept {
  for (uint32_t index = 0; index < walk.map.spec().max_entries; ++index) {
    uint32_t shown = index;
    const auto* key = reinterpret_cast<const std::byte*>(&shown);
    std::byte* value = walk.map.lookup(key, cpu);
    if (!value || !show(&walk, key, value)) return;
  }
}

bool has_slots(const Map& map) noexcept {
  const auto kind = static_cast<MapKind>(map.spec().type);
  return kind == MapKind::array || kind == MapKind::percpu_array;
}

}  // namespace

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

uint64_t for_each_map_elem(Run& run, Map* map, uint64_t function, uint64_t context, uint64_t flags) noexcept {
  if (flags != 0) return result(-EINVAL);
  Walk walk{run, *map, function, context};
  const uint32_t cpu = run.services->cpu;
  if (has_slots(*map)) {
    walk_slots(walk, cpu);
    return walk.visited;
  }
  if (is_map_of_maps(map->spec().type) || map->buckets() == 0) return result(-ENOTSUPP);
  for (uint32_t bucket = 0; bucket < map->buckets(); ++bucket)
    if (!map->visit_bucket(bucket, cpu, show, &walk)) break;
  return walk.visited;
}

uint64_t map_lookup_percpu_elem(Run&, Map* map, const std::byte* key, uint32_t cpu) noexcept {
  return reinterpret_cast<uint64_t>(cpu < map->copies() ? map->lookup(key, cpu) : nullptr);
}

}  // namespace saya::helper
