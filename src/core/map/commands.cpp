// bpf(2)'s commands on one element. Order of checks as kernel/bpf/syscall.c, Linux 6.18.
#include "map/commands.h"

#include <algorithm>
#include <cerrno>

#include "base/kernel_errno.h"
#include "map/access.h"
#include "map/fields.h"
#include "map/map_of_maps.h"
#include "map/queue_host.h"
#include "map/socket_map.h"
#include "map/words.h"

namespace saya::commands {
namespace {

/// Every CPU's value of a key, in user space's packing.
int read_values(Map& map, const std::byte* key, std::byte* value, uint64_t flags) {
  const ValueShape shape(map.spec());
  for (uint32_t cpu = 0; cpu < map.copies(); ++cpu) {
    std::byte* one = map.inspect(key, cpu);
    if (!one) return -ENOENT;
    std::byte* to = value + cpu * round_up(map.spec().value_size);
    if (!(flags & kUpdateLock))
      shape.load(to, one);
    else if (const int error = shape.load_locked(to, one))
      return error;
  }
  return 0;
}

/// What a lookup answers for types whose elements user space cannot see. Storages are asked about what a descriptor
/// stands for, and no descriptor stands for the one owner that saya knows.
struct Hidden {
  MapKind kind;
  int error;
};
constexpr Hidden kHidden[] = {
    {MapKind::perf_event_array, -ENOTSUPP  },
    {MapKind::cgroup_array,     -ENOTSUPP  },
    {MapKind::arena,            -EINVAL    },
    {MapKind::inode_storage,    -EBADF     },
    {MapKind::xskmap,           -EOPNOTSUPP},
    {MapKind::task_storage,     -EBADF     },
    {MapKind::cgrp_storage,     -EBADF     },
};

/// Why user space cannot see the elements, as a negative errno; else 0.
int hidden(const Map& map) noexcept {
  const auto* row = std::ranges::find(kHidden, static_cast<MapKind>(map.spec().type), &Hidden::kind);
  if (row != std::end(kHidden)) return row->error;
  const bool no_room_for_cookie = holds_sockets(map.spec().type) && map.spec().value_size != sizeof(uint64_t);
  return no_room_for_cookie ? -ENOSPC : 0;
}

bool is_queue(const Map& map) noexcept {
  const auto kind = static_cast<MapKind>(map.spec().type);
  return kind == MapKind::queue || kind == MapKind::stack;
}

}  // namespace

size_t value_bytes(const Map& map) noexcept {
  const size_t one = map.spec().value_size;
  return is_per_cpu(map.spec().type) ? map.copies() * round_up(one) : one;
}

int lookup(Map& map, const std::byte* key, std::byte* value, uint64_t flags) {
  if (flags & ~uint64_t{kUpdateLock}) return -EINVAL;
  if (!may_read(map)) return -EPERM;
  if (!may_lock(map, flags)) return -EINVAL;
  if (const int error = hidden(map)) return error;
  if (is_map_of_maps(map.spec().type))  // What lookup() answers is no value of value_size bytes.
    return map.inspect(key, 0) ? -EOPNOTSUPP : -ENOENT;
  return is_keyless(map) ? map.peek(value) : read_values(map, key, value, flags);
}

int update(Map& map, const std::byte* key, const std::byte* value, uint64_t flags) {
  if (!may_write(map)) return -EPERM;
  if (!may_lock(map, flags)) return -EINVAL;
  return is_keyless(map) ? map.push(value, flags) : map.update_all(key, value, flags);
}

int erase(Map& map, const std::byte* key) { return may_write(map) ? map.erase(key) : -EPERM; }

int next_key(const Map& map, const std::byte* key, std::byte* next) {
  return may_read(map) ? map.next_key(key, next) : -EPERM;
}

int take(Map& map, const std::byte* key, std::byte* value, uint64_t flags) {
  if (flags & ~uint64_t{kUpdateLock}) return -EINVAL;
  if (!may_read(map) || !may_write(map)) return -EPERM;
  if (is_queue(map)) return flags == 0 ? map.pop(value) : -EINVAL;
  if (!may_lock(map, flags)) return -EINVAL;
  return map.take(key, value, flags);
}

int freeze(Map& map) {
  if (!map.spec().fields.empty()) return -ENOTSUPP;
  if (!may_write(map)) return -EPERM;
  return map.memory().freeze() ? 0 : -EBUSY;
}

}  // namespace saya::commands
