// The element commands of bpf(2) as numbers: 0 or a negative errno, exactly what the kernel answers to who holds the
// map's descriptor. map/host.h is the same with words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "map/map.h"

namespace saya::commands {

/// Bytes of one value as user space sees it: value_size, or copies() x value_size rounded up to 8 for per-CPU types.
size_t value_bytes(const Map& map) noexcept;

// Keys have key_size bytes, values value_bytes(). -EPERM where a flag of the map or freeze() forbids it.

/// BPF_MAP_LOOKUP_ELEM. Fields (locks, timers, pointers) read as zero.
int lookup(Map& map, const std::byte* key, std::byte* value, uint64_t flags = 0);
/// BPF_MAP_UPDATE_ELEM.
int update(Map& map, const std::byte* key, const std::byte* value, uint64_t flags);
/// BPF_MAP_DELETE_ELEM.
int erase(Map& map, const std::byte* key);
/// BPF_MAP_GET_NEXT_KEY; null asks for the first key.
int next_key(const Map& map, const std::byte* key, std::byte* next);
/// BPF_MAP_LOOKUP_AND_DELETE_ELEM.
int take(Map& map, const std::byte* key, std::byte* value, uint64_t flags = 0);
/// BPF_MAP_FREEZE: from now on only programs may write.
int freeze(Map& map);

/// What is asked of a batch that reads.
struct BatchRequest {
  std::span<const std::byte> from;  ///< Where the last one ended (BatchReply::next); empty: at the beginning.
  uint32_t count = 0;               ///< At most so many elements.
  uint64_t elem_flags = 0;
  uint64_t flags = 0;
};
struct BatchReply {
  int error = 0;       ///< -ENOENT: that were the last ones. -ENOSPC: the next bucket has more than `count`.
  uint32_t count = 0;  ///< How many there are; they count whatever `error` says.
  std::vector<std::byte> keys;
  std::vector<std::byte> values;
  std::vector<std::byte> next;
};
/// BPF_MAP_LOOKUP_BATCH.
BatchReply lookup_batch(Map& map, const BatchRequest& request);
/// BPF_MAP_LOOKUP_AND_DELETE_BATCH.
BatchReply take_batch(Map& map, const BatchRequest& request);
/// BPF_MAP_UPDATE_BATCH and BPF_MAP_DELETE_BATCH: keys (and values) one after the other. `count`: how many there are,
/// then how many were done before the first error.
int update_batch(Map& map, const std::byte* keys, const std::byte* values, uint32_t& count, uint64_t elem_flags = 0);
int erase_batch(Map& map, const std::byte* keys, uint32_t& count, uint64_t elem_flags = 0);

}  // namespace saya::commands
