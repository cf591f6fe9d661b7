// bpf(2)'s element commands over a Map, with the per-CPU packing of kernel/bpf/syscall.c, Linux 6.18.
#include "map/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "map/checks.h"
#include "map/map_of_maps.h"
#include "map/queue_host.h"
#include "map/words.h"

namespace saya {
namespace {

/// Bytes from one CPU's value to the next.
size_t host_stride(const Map& map) noexcept { return host_value_size(map) / map.copies(); }

/// A key in full is readable; a key of a million bytes is not.
std::string key_text(std::span<const std::byte> key) {
  constexpr size_t kShown = 32;
  return to_hex(key.first(std::min(key.size(), kShown)), " ") + (key.size() > kShown ? " .." : "");
}

Result<> check_size(const Map& map, std::string_view what, size_t size, size_t expected) {
  if (size == expected) return {};
  return refuse(map.spec(), Code::invalid_argument,
                fmt::format("the {} has {} bytes, must be {}", what, size, expected));
}

/// Every CPU's value of a key that was looked up, in user space's packing.
std::vector<std::byte> gather(Map& map, std::span<const std::byte> key) {
  if (is_map_of_maps(map.spec().type)) return {};  // What lookup() answers is no value of value_size bytes.
  std::vector<std::byte> value(host_value_size(map));
  for (uint32_t cpu = 0; cpu < map.copies(); ++cpu) {
    std::byte* one = map.lookup(key.data(), cpu);
    if (!one) return {};
    load_words(value.data() + cpu * host_stride(map), one, map.spec().value_size);
  }
  return value;
}

}  // namespace

Result<> explain(const Map& map, std::span<const std::byte> key, int error) {
  if (error == 0) return {};
  const MapSpec& spec = map.spec();
  const std::string about = "key " + key_text(key);
  switch (-error) {
    case ENOENT: return refuse(spec, Code::no_such_entry, about + " is not there");
    case EEXIST: return refuse(spec, Code::already_exists, about + " exists already");
    case E2BIG:
      return refuse(spec, Code::no_space, about + fmt::format(" is beyond the limit of {} entries", spec.max_entries));
    case EINVAL:
      return refuse(spec, Code::invalid_argument, about + ": this type or its flags do not allow the operation");
    case EOPNOTSUPP: return refuse(spec, Code::unsupported, about + ": a value of this type is not made of bytes");
    case ENOMEM: return refuse(spec, Code::out_of_memory, about + ": too many writers at once");
    default: return refuse(spec, Code::io, about + fmt::format(": a writer does not let go (errno {})", -error));
  }
}

size_t host_value_size(const Map& map) noexcept {
  const size_t one = map.spec().value_size;
  return map.copies() == 1 ? one : map.copies() * round_up(one);
}

Result<std::vector<std::byte>> host_lookup(Map& map, std::span<const std::byte> key) {
  SAYA_CHECK(check_size(map, "key", key.size(), map.spec().key_size));
  if (is_keyless(map)) return host_peek(map);
  if (is_map_of_maps(map.spec().type)) SAYA_CHECK(explain(map, key, -EOPNOTSUPP));
  std::vector<std::byte> value = gather(map, key);
  if (value.empty()) SAYA_CHECK(explain(map, key, -ENOENT));
  return value;
}

Result<> host_update(Map& map, std::span<const std::byte> key, std::span<const std::byte> value, uint64_t flags) {
  SAYA_CHECK(check_size(map, "key", key.size(), map.spec().key_size));
  if (is_keyless(map)) return host_push(map, value, flags);
  SAYA_CHECK(check_size(map, "value", value.size(), host_value_size(map)));
  for (uint32_t cpu = 0; cpu < map.copies(); ++cpu)
    SAYA_CHECK(explain(map, key, map.update(key.data(), value.data() + cpu * host_stride(map), flags, cpu)));
  return {};
}

Result<> host_erase(Map& map, std::span<const std::byte> key) {
  SAYA_CHECK(check_size(map, "key", key.size(), map.spec().key_size));
  return explain(map, key, map.erase(key.data()));
}

Result<> for_each_key(const Map& map, const std::function<void(std::span<const std::byte>)>& visit) {
  std::vector<std::byte> key(map.spec().key_size);
  std::vector<std::byte> next(key.size());
  // A key that another thread removes under us sends the walk back to the first one; not for ever.
  uint64_t left = 2 * uint64_t{map.spec().max_entries};
  for (const std::byte* from = nullptr; map.next_key(from, next.data()) == 0; from = key.data()) {
    key.swap(next);
    if (left-- == 0) return refuse(map.spec(), Code::io, "keys come and go too fast to list them");
    visit(key);
  }
  return {};
}

Result<> for_each(Map& map, const std::function<void(std::span<const std::byte>, std::span<const std::byte>)>& visit) {
  return for_each_key(map, [&](std::span<const std::byte> key) {
    const std::vector<std::byte> value = gather(map, key);
    if (!value.empty()) visit(key, value);
  });
}

}  // namespace saya
