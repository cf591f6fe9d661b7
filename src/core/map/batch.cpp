// bpf(2)'s commands on many elements. Counts, errors and the order of checks as kernel/bpf/syscall.c
// (generic_map_*_batch) and kernel/bpf/hashtab.c, Linux 6.18: hash maps are read bucket by bucket, never a part of one.
#include <algorithm>
#include <cerrno>

#include "base/bytes.h"
#include "base/kernel_errno.h"
#include "map/access.h"
#include "map/commands.h"
#include "map/words.h"

namespace saya::commands {
namespace {

using Bytes = std::vector<std::byte>;

enum Command : uint8_t { kLookup = 1, kTake = 2, kUpdate = 4, kErase = 8 };

/// Which types know which commands.
struct Support {
  MapKind kind;
  uint8_t commands;
};
constexpr Support kSupport[] = {
    {MapKind::hash,            kLookup | kTake | kUpdate | kErase},
    {MapKind::percpu_hash,     kLookup | kTake | kUpdate | kErase},
    {MapKind::lru_hash,        kLookup | kTake | kUpdate | kErase},
    {MapKind::lru_percpu_hash, kLookup | kTake | kUpdate | kErase},
    {MapKind::hash_of_maps,    kLookup | kTake | kUpdate | kErase},
    {MapKind::lpm_trie,        kLookup | kUpdate | kErase        },
    {MapKind::array,           kLookup | kUpdate                 },
    {MapKind::percpu_array,    kLookup | kUpdate                 },
    {MapKind::array_of_maps,   kLookup | kUpdate                 },
};

bool knows(const Map& map, Command command) {
  const auto* row = std::ranges::find(kSupport, static_cast<MapKind>(map.spec().type), &Support::kind);
  return row != std::end(kSupport) && row->commands & command;
}

/// What every batch checks first.
int check(const Map& map, Command command, uint64_t elem_flags) {
  if (command & (kLookup | kTake) && !may_read(map)) return -EPERM;
  if (command != kLookup && !may_write(map)) return -EPERM;
  if (!knows(map, command)) return -ENOTSUPP;
  if (elem_flags & ~uint64_t{kUpdateLock} || !may_lock(map, elem_flags)) return -EINVAL;
  return 0;
}

void append(Bytes& to, const Bytes& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

/// The keys of one bucket, one after the other.
Bytes keys_of(Map& map, uint32_t bucket) {
  struct Keys {
    Bytes bytes;
    size_t size;
  } keys{{}, map.spec().key_size};
  map.visit_bucket(
      bucket, 0,
      [](void* context, const std::byte* key, std::byte*) noexcept {
        Keys& all = *static_cast<Keys*>(context);
        all.bytes.resize(all.bytes.size() + all.size);
        load_words(&all.bytes[all.bytes.size() - all.size], const_cast<std::byte*>(key), all.size);
        return true;
      },
      &keys);
  return keys.bytes;
}

/// Reads (and for kTake removes) the elements of one bucket whose keys were listed; some may be gone.
void read_bucket(Map& map, Command command, const Bytes& keys, uint64_t elem_flags, BatchReply& reply) {
  const size_t size = map.spec().key_size;
  Bytes value(value_bytes(map));
  for (size_t at = 0; at < keys.size(); at += size) {
    const std::byte* key = &keys[at];
    const int error =
        command == kTake ? map.take(key, value.data(), elem_flags) : lookup(map, key, value.data(), elem_flags);
    if (error) continue;
    reply.keys.insert(reply.keys.end(), key, key + size);
    append(reply.values, value);
    ++reply.count;
  }
}

/// Of hash maps: whole buckets while they fit.
BatchReply read_buckets(Map& map, Command command, const BatchRequest& request) {
  BatchReply reply;
  uint32_t bucket = request.from.size() < sizeof bucket ? 0 : load<uint32_t>(request.from.data());
  if (request.count == 0) return reply;
  if (bucket >= map.buckets()) {
    reply.error = -ENOENT;
    return reply;
  }
  for (; bucket < map.buckets(); ++bucket) {
    const Bytes keys = keys_of(map, bucket);
    if (keys.size() / map.spec().key_size > request.count - reply.count) break;
    read_bucket(map, command, keys, request.elem_flags, reply);
  }
  if (bucket == map.buckets())
    reply.error = -ENOENT;
  else if (reply.count == 0)
    reply.error = -ENOSPC;
  reply.next.resize(sizeof bucket);
  store(reply.next.data(), bucket);
  return reply;
}

/// Of other maps: key by key.
BatchReply read_keys(Map& map, const BatchRequest& request) {
  BatchReply reply;
  Bytes key(request.from.begin(), request.from.end());
  Bytes next(map.spec().key_size), value(value_bytes(map));
  while (reply.count < request.count) {
    reply.error = map.next_key(key.empty() ? nullptr : key.data(), next.data());
    if (reply.error) break;
    reply.error = lookup(map, next.data(), value.data(), request.elem_flags);
    key = next;
    if (reply.error == -ENOENT) {  // Gone meanwhile.
      reply.error = 0;
      continue;
    }
    if (reply.error) return {.error = reply.error};
    append(reply.keys, key);
    append(reply.values, value);
    ++reply.count;
  }
  if (reply.count > 0) reply.next = key;
  return reply;
}

}  // namespace

BatchReply lookup_batch(Map& map, const BatchRequest& request) {
  if (const int error = check(map, kLookup, request.elem_flags)) return {.error = error};
  if (knows(map, kTake) && request.flags != 0) return {.error = -EINVAL};  // Hash maps look at them, others do not.
  return map.buckets() > 0 ? read_buckets(map, kLookup, request) : read_keys(map, request);
}

BatchReply take_batch(Map& map, const BatchRequest& request) {
  if (const int error = check(map, kTake, request.elem_flags)) return {.error = error};
  if (request.flags != 0) return {.error = -EINVAL};
  return read_buckets(map, kTake, request);
}

int update_batch(Map& map, const std::byte* keys, const std::byte* values, uint32_t& count, uint64_t elem_flags) {
  if (const int error = check(map, kUpdate, elem_flags)) return error;
  const uint32_t all = count;
  int error = 0;
  for (count = 0; count < all && error == 0; count += error == 0)
    error = map.update_all(keys + size_t{count} * map.spec().key_size, values + count * value_bytes(map), elem_flags);
  return error;
}

int erase_batch(Map& map, const std::byte* keys, uint32_t& count, uint64_t elem_flags) {
  if (const int error = check(map, kErase, elem_flags)) return error;
  const uint32_t all = count;
  int error = 0;
  for (count = 0; count < all && error == 0; count += error == 0)
    error = map.erase(keys + size_t{count} * map.spec().key_size);
  return error;
}

}  // namespace saya::commands
