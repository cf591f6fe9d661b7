// BPF_MAP_TYPE_CGROUP_STORAGE, and what the per-CPU type has in common with it. Behaves as kernel/bpf/local_storage.c,
// Linux 6.18, where nothing is attached to a control group.
#include "map/cgroup_storage.h"

#include <cerrno>

#include "map/access.h"
#include "map/checks.h"

namespace saya {
namespace {

constexpr uint32_t kFullKey = 16, kShortKey = 8;  // struct bpf_cgroup_storage_key, or its inode number alone.

}  // namespace

uint32_t CgroupStorage::copies() const noexcept { return is_per_cpu(spec().type) ? nr_cpus() : 1; }
std::byte* CgroupStorage::lookup(const std::byte*, uint32_t) noexcept { return nullptr; }

int CgroupStorage::update(const std::byte*, const std::byte*, uint64_t flags, uint32_t) noexcept {
  const uint64_t allowed = is_per_cpu(spec().type) ? kUpdateExist : kUpdateExist | kUpdateLock;
  return flags & ~allowed ? -EINVAL : -ENOENT;
}

int CgroupStorage::erase(const std::byte*) noexcept { return -EINVAL; }
int CgroupStorage::next_key(const std::byte*, std::byte*) const noexcept { return -ENOENT; }
std::span<std::byte> CgroupStorage::value_around(const std::byte*) noexcept { return {}; }

Result<size_t> cgroup_storage_bytes(const MapSpec& spec, uint32_t most) {
  if (spec.key_size != kFullKey && spec.key_size != kShortKey)
    return refuse(spec, Code::invalid_argument, "key_size must be 16 (struct bpf_cgroup_storage_key) or 8");
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 1, most, Code::no_space));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags | kMapProgramFlags));
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 0, 0, Code::invalid_argument));
  return size_t{0};
}

Result<size_t> cgroup_storage_storage(const MapSpec& spec, uint32_t) {
  return cgroup_storage_bytes(spec, kMostStorageValue);
}

Result<MapPtr> open_cgroup_storage(MapSpec spec, MapMemory memory) {
  return std::make_shared<CgroupStorage>(std::move(spec), std::move(memory));
}

}  // namespace saya
