// The words of bpf(2)'s element commands (map/commands.h), and walks over all elements.
#include "map/host.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "base/kernel_errno.h"
#include "map/checks.h"
#include "map/commands.h"
#include "map/queue_host.h"

namespace saya {
namespace {

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

}  // namespace

Result<> explain(const Map& map, std::span<const std::byte> key, int error) {
  if (error == 0) return {};
  const MapSpec& spec = map.spec();
  const std::string about = "key " + key_text(key);
  switch (-error) {
    case EPERM: return refuse(spec, Code::not_permitted, about + ": the map's flags, or that it is frozen, forbid it");
    case ENOENT: return refuse(spec, Code::no_such_entry, about + " is not there");
    case EEXIST: return refuse(spec, Code::already_exists, about + " exists already");
    case E2BIG:
    case ENOSPC:
      return refuse(spec, Code::no_space, about + fmt::format(" is beyond the limit of {} entries", spec.max_entries));
    case EINVAL:
      return refuse(spec, Code::invalid_argument, about + ": this type or its flags do not allow the operation");
    case ENOTSUPP: return refuse(spec, Code::unsupported, about + ": this type has no such operation");
    case EOPNOTSUPP: return refuse(spec, Code::unsupported, about + ": a value of this type is not made of bytes");
    case ENOMEM: return refuse(spec, Code::out_of_memory, about + ": too many writers at once");
    case EOVERFLOW: return refuse(spec, Code::too_large, about + ": a number in the value is beyond its limit");
    case ENODEV: return refuse(spec, Code::no_such_device, about + " is no CPU that is here");
    case EBADF: return refuse(spec, Code::unsupported, about + ": there is nothing here that a value could name");
    default: return refuse(spec, Code::io, about + fmt::format(": a writer does not let go (errno {})", -error));
  }
}

size_t host_value_size(const Map& map) noexcept { return commands::value_bytes(map); }

Result<std::vector<std::byte>> host_lookup(Map& map, std::span<const std::byte> key, uint64_t flags) {
  SAYA_CHECK(check_size(map, "key", key.size(), map.spec().key_size));
  if (is_keyless(map)) return host_peek(map);
  std::vector<std::byte> value(host_value_size(map));
  SAYA_CHECK(explain(map, key, commands::lookup(map, key.data(), value.data(), flags)));
  return value;
}

Result<std::vector<std::byte>> host_take(Map& map, std::span<const std::byte> key, uint64_t flags) {
  SAYA_CHECK(check_size(map, "key", key.size(), map.spec().key_size));
  if (is_keyless(map)) return host_pop(map);
  std::vector<std::byte> value(host_value_size(map));
  SAYA_CHECK(explain(map, key, commands::take(map, key.data(), value.data(), flags)));
  return value;
}

Result<> host_update(Map& map, std::span<const std::byte> key, std::span<const std::byte> value, uint64_t flags) {
  SAYA_CHECK(check_size(map, "key", key.size(), map.spec().key_size));
  if (is_keyless(map)) return host_push(map, value, flags);
  SAYA_CHECK(check_size(map, "value", value.size(), host_value_size(map)));
  return explain(map, key, commands::update(map, key.data(), value.data(), flags));
}

Result<> host_erase(Map& map, std::span<const std::byte> key) {
  SAYA_CHECK(check_size(map, "key", key.size(), map.spec().key_size));
  return explain(map, key, commands::erase(map, key.data()));
}

Result<> host_freeze(Map& map) {
  switch (-commands::freeze(map)) {
    case 0: return {};
    case EPERM: return refuse(map.spec(), Code::not_permitted, "it may not be written, so not be frozen either");
    case EBUSY: return refuse(map.spec(), Code::already_exists, "it is frozen already");
    default:
      return refuse(map.spec(), Code::unsupported, "a map with locks, timers or kernel pointers cannot be frozen");
  }
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
    std::vector<std::byte> value(host_value_size(map));
    if (commands::lookup(map, key.data(), value.data()) == 0) visit(key, value);
  });
}

}  // namespace saya
