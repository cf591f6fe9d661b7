// The host side of maps without keys: bpf(2)'s element commands as they mean queues, stacks and bloom filters.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "map/map.h"

namespace saya {

/// Whether the values of `map` have no keys: a queue, a stack, a bloom filter; also what rings call themselves.
inline bool is_keyless(const Map& map) noexcept { return map.spec().key_size == 0; }

/// Puts a value in; flags as Update, where kUpdateExist makes the oldest one of a full map give way.
Result<> host_push(Map& map, std::span<const std::byte> value, uint64_t flags = kUpdateAny);
/// Takes the next value out of a queue or a stack; no_such_entry when it is empty.
Result<std::vector<std::byte>> host_pop(Map& map);
/// The same, and leaves it there.
Result<std::vector<std::byte>> host_peek(Map& map);
/// Whether a bloom filter may have seen `value`.
Result<bool> host_contains(Map& map, std::span<const std::byte> value);

}  // namespace saya
