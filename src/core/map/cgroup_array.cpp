// BPF_MAP_TYPE_CGROUP_ARRAY: slots for cgroups. saya has none, so every slot stays empty. Flags and errors as
// kernel/bpf/arraymap.c, Linux 6.18.
#include <cerrno>

#include "map/checks.h"
#include "map/records.h"

namespace saya {
namespace {

class CgroupArray final : public Map {
 public:
  using Map::Map;

  std::byte* lookup(const std::byte*, uint32_t) noexcept override { return nullptr; }
  int update(const std::byte* key, const std::byte*, uint64_t flags, uint32_t) noexcept override {
    if (flags != kUpdateAny) return -EINVAL;
    return load<uint32_t>(key) < spec().max_entries ? -EBADF : -E2BIG;
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

Result<size_t> cgroup_array_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_indexed(spec));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 4, 4, Code::invalid_argument));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags));
  return size_t{0};
}

Result<MapPtr> open_cgroup_array(MapSpec spec, MapMemory memory) {
  return std::make_shared<CgroupArray>(std::move(spec), std::move(memory));
}

}  // namespace saya
