// What bpf_map_update_value(), bpf_map_copy_value() and map_lookup_and_delete_elem() of kernel/bpf/syscall.c
// (Linux 6.18) do with maps without keys.
#include "map/queue_host.h"

#include <fmt/format.h>

#include <cerrno>

#include "base/kernel_errno.h"
#include "map/checks.h"

namespace saya {
namespace {

bool is_bloom_filter(const Map& map) { return map.spec().type == static_cast<uint32_t>(MapKind::bloom_filter); }

/// The words of what an operation returned.
Result<> explain(const Map& map, int error) {
  const MapSpec& spec = map.spec();
  switch (-error) {
    case 0: return {};
    case ENOENT: return refuse(spec, Code::no_such_entry, "it is empty");
    case E2BIG: return refuse(spec, Code::no_space, fmt::format("it is full: {} entries", spec.max_entries));
    case EINVAL: return refuse(spec, Code::invalid_argument, "its type does not allow the flags");
    case EOPNOTSUPP:
    case ENOTSUPP: return refuse(spec, Code::unsupported, "its type does not allow the operation");
    default: return refuse(spec, Code::io, fmt::format("a writer does not let go (errno {})", -error));
  }
}

Result<> check_value(const Map& map, std::span<const std::byte> value) {
  if (value.size() == map.spec().value_size) return {};
  return refuse(map.spec(), Code::invalid_argument,
                fmt::format("the value has {} bytes, must be {}", value.size(), map.spec().value_size));
}

}  // namespace

Result<> host_push(Map& map, std::span<const std::byte> value, uint64_t flags) {
  SAYA_CHECK(check_value(map, value));
  return explain(map, map.push(value.data(), flags));
}

Result<std::vector<std::byte>> host_pop(Map& map) {
  std::vector<std::byte> value(map.spec().value_size);
  SAYA_CHECK(explain(map, map.pop(value.data())));
  return value;
}

Result<std::vector<std::byte>> host_peek(Map& map) {
  if (is_bloom_filter(map))
    return refuse(map.spec(), Code::invalid_argument, "a bloom filter keeps no values: it can only be asked for one");
  std::vector<std::byte> value(map.spec().value_size);
  SAYA_CHECK(explain(map, map.peek(value.data())));
  return value;
}

Result<bool> host_contains(Map& map, std::span<const std::byte> value) {
  if (!is_bloom_filter(map))
    return refuse(map.spec(), Code::invalid_argument, "only a bloom filter can be asked for one");
  SAYA_CHECK(check_value(map, value));
  return map.peek(const_cast<std::byte*>(value.data())) == 0;
}

}  // namespace saya
