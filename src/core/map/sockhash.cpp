// BPF_MAP_TYPE_SOCKHASH: sockets by any key. Behaves as net/core/sock_map.c, Linux 6.18, as seen by tc programs.
#include <cerrno>
#include <utility>

#include "map/checks.h"
#include "map/socket_map.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr uint32_t kLongestKey = 512;  // MAX_BPF_STACK.

/// A hash map of cookies in this process: sockets are not shared, so a map opened from elsewhere is empty.
MapSpec cookies_of(const MapSpec& spec) {
  return {.name = spec.name,
          .type = static_cast<uint32_t>(MapKind::hash),
          .key_size = spec.key_size,
          .value_size = sizeof(uint64_t),
          .max_entries = spec.max_entries};
}

class SockHash final : public SocketMap {
 public:
  SockHash(MapSpec spec, MapMemory memory, MapPtr cookies)
      : SocketMap(std::move(spec), std::move(memory)), cookies_(std::move(cookies)) {}

  uint64_t get(const std::byte* key) const noexcept override {
    const std::byte* cookie = cookies_->lookup(key, 0);
    return cookie ? load<uint64_t>(cookie) : 0;
  }
  int put(const std::byte* key, uint64_t cookie, uint64_t flags, uint32_t cpu) noexcept override {
    if (flags > kUpdateExist) return -EINVAL;
    return cookies_->update(key, reinterpret_cast<const std::byte*>(&cookie), flags, cpu);
  }
  std::byte* lookup(const std::byte* key, uint32_t cpu) noexcept override { return cookies_->lookup(key, cpu); }
  int erase(const std::byte* key) noexcept override { return cookies_->erase(key); }
  int next_key(const std::byte* key, std::byte* next) const noexcept override { return cookies_->next_key(key, next); }

 private:
  const MapPtr cookies_;
};

}  // namespace

Result<size_t> sockhash_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_socket_map(spec));
  SAYA_CHECK(check_range(spec, "key_size", spec.key_size, 1, kLongestKey, Code::no_space));
  return sizeof(uint64_t);
}

Result<MapPtr> open_sockhash(MapSpec spec, MapMemory memory) {
  const MapHeader& header = memory.header();
  SAYA_TRY(MapPtr cookies, create_map(cookies_of(spec), {.nr_cpus = header.nr_cpus, .hash_key = header.hash_key}));
  return std::make_shared<SockHash>(std::move(spec), std::move(memory), std::move(cookies));
}

}  // namespace saya
