// kernel/bpf/helpers.c, Linux 6.18. The maps themselves return the errno.
#include "helper/queue.h"

#include "helper/errno.h"

namespace saya::helper {

uint64_t map_push_elem(Run&, Map* map, const std::byte* value, uint64_t flags) noexcept {
  return result(map->push(value, flags));
}

uint64_t map_pop_elem(Run&, Map* map, std::byte* value) noexcept { return result(map->pop(value)); }

uint64_t map_peek_elem(Run&, Map* map, std::byte* value) noexcept { return result(map->peek(value)); }

}  // namespace saya::helper
