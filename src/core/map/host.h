// The host side of a map: what bpf(2) offers user space (map/commands.h), with words instead of errno.
// Maps without keys: map/queue_host.h; here they take an empty key.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <vector>

#include "map/map.h"

namespace saya {

/// Bytes of one value as user space sees it: value_size, or copies() x value_size rounded up to 8 for per-CPU types.
size_t host_value_size(const Map& map) noexcept;

/// The value (all CPUs' one after the other for per-CPU types). A torn read of a value that a program is writing is
/// possible, as in the kernel. no_such_entry when absent.
Result<std::vector<std::byte>> host_lookup(Map& map, std::span<const std::byte> key, uint64_t flags = 0);
/// The same, and the element is gone. Hash types only.
Result<std::vector<std::byte>> host_take(Map& map, std::span<const std::byte> key, uint64_t flags = 0);
/// Writes the value (all CPUs' for per-CPU types). `flags` as Update.
Result<> host_update(Map& map, std::span<const std::byte> key, std::span<const std::byte> value,
                     uint64_t flags = kUpdateAny);
Result<> host_erase(Map& map, std::span<const std::byte> key);
/// From now on only programs may write it.
Result<> host_freeze(Map& map);
/// The words of what a map operation on `key` returned: 0 or a negative errno.
Result<> explain(const Map& map, std::span<const std::byte> key, int error);
/// Calls `visit(key)` for every key in next_key order. Elements that come or go meanwhile may or may not show.
Result<> for_each_key(const Map& map, const std::function<void(std::span<const std::byte>)>& visit);
/// Calls `visit(key, value)` for every element in next_key order. Elements that come or go meanwhile may or may not
/// show.
Result<> for_each(Map& map, const std::function<void(std::span<const std::byte>, std::span<const std::byte>)>& visit);

}  // namespace saya
