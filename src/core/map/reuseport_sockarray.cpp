// BPF_MAP_TYPE_REUSEPORT_SOCKARRAY: slots for sockets that share a port. Saya's sockets do not, so every slot stays
// empty. Flags and errors as kernel/bpf/reuseport_array.c, Linux 6.18.
#include <cerrno>
#include <limits>

#include "map/checks.h"
#include "map/records.h"

namespace saya {
namespace {

class ReuseportSockArray final : public Map {
 public:
  using Map::Map;

  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t) noexcept override {
    if (flags > kUpdateExist) return -EINVAL;
    if (load<uint32_t>(key) >= spec().max_entries) return -E2BIG;
    const bool wide = spec().value_size == sizeof(uint64_t);
    constexpr auto kMostDescriptor = static_cast<uint64_t>(std::numeric_limits<int32_t>::max());
    return wide && load<uint64_t>(value) > kMostDescriptor ? -EINVAL : -EBADF;
  }
  int erase(const std::byte* key) noexcept override {
    return load<uint32_t>(key) < spec().max_entries ? -ENOENT : -E2BIG;
  }
  int next_key(const std::byte* key, std::byte* next) const noexcept override {
    return next_index(key, next, spec().max_entries);
  }
  std::span<std::byte> value_around(const std::byte*) noexcept override { return {}; }
};

}  // namespace

Result<size_t> reuseport_sockarray_storage(const MapSpec& spec, uint32_t) {
  if (spec.value_size != sizeof(uint32_t) && spec.value_size != sizeof(uint64_t))
    return refuse(spec, Code::invalid_argument, "value_size must be 4 or 8");
  SAYA_CHECK(check_indexed(spec));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags | kMapProgramFlags));
  return size_t{0};
}

Result<MapPtr> open_reuseport_sockarray(MapSpec spec, MapMemory memory) {
  return std::make_shared<ReuseportSockArray>(std::move(spec), std::move(memory));
}

}  // namespace saya
