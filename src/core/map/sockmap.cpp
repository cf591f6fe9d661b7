// BPF_MAP_TYPE_SOCKMAP: sockets by number. Behaves as net/core/sock_map.c, Linux 6.18, as seen by tc programs.
#include <atomic>
#include <cerrno>
#include <limits>

#include "map/checks.h"
#include "map/records.h"
#include "map/socket_map.h"

namespace saya {
namespace {

/// The payload is an array of cookies.
class SockMap final : public SocketMap {
 public:
  using SocketMap::SocketMap;

  uint64_t get(const std::byte* key) const noexcept override {
    const auto* slot = slot_of(key);
    return slot ? slot->load(std::memory_order_relaxed) : 0;
  }
  int put(const std::byte* key, uint64_t cookie, uint64_t flags, uint32_t) noexcept override {
    if (flags > kUpdateExist) return -EINVAL;
    auto* slot = slot_of(key);
    if (!slot) return -E2BIG;
    uint64_t old = slot->load(std::memory_order_relaxed);
    do {
      if (old != 0 && flags == kUpdateNoExist) return -EEXIST;
      if (old == 0 && flags == kUpdateExist) return -ENOENT;
    } while (!slot->compare_exchange_weak(old, cookie, std::memory_order_relaxed));
    return 0;
  }
  std::byte* lookup(const std::byte* key, uint32_t) noexcept override {
    return get(key) ? reinterpret_cast<std::byte*>(slot_of(key)) : nullptr;
  }
  int erase(const std::byte* key) noexcept override {
    auto* slot = slot_of(key);
    return slot && slot->exchange(0, std::memory_order_relaxed) != 0 ? 0 : -EINVAL;
  }
  int next_key(const std::byte* key, std::byte* next) const noexcept override {
    return next_index(key, next, spec().max_entries);
  }

 private:
  using Slot = std::atomic<uint64_t>;
  Slot* slot_of(const std::byte* key) const noexcept {
    const auto index = load<uint32_t>(key);
    auto* const slots = const_cast<SockMap*>(this)->payload();
    return index < spec().max_entries ? reinterpret_cast<Slot*>(slots) + index : nullptr;
  }
};

}  // namespace

int SocketMap::update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept {
  const uint64_t cookie = spec().value_size == sizeof(uint64_t) ? load<uint64_t>(value) : load<uint32_t>(value);
  return cookie == 0 ? -EINVAL : put(key, cookie, flags, cpu);
}

Result<> check_socket_map(const MapSpec& spec) {
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags));
  if (spec.value_size != sizeof(uint32_t) && spec.value_size != sizeof(uint64_t))
    return refuse(spec, Code::invalid_argument, "value_size must be 4 or 8");
  return check_range(spec, "max_entries", spec.max_entries, 1, std::numeric_limits<int32_t>::max(),
                     Code::invalid_argument);
}

Result<size_t> sockmap_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_indexed(spec));
  SAYA_CHECK(check_socket_map(spec));
  return payload_bytes(spec, spec.max_entries, sizeof(uint64_t));
}

Result<MapPtr> open_sockmap(MapSpec spec, MapMemory memory) {
  return std::make_shared<SockMap>(std::move(spec), std::move(memory));
}

}  // namespace saya
