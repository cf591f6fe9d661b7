// BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE: as cgroup_storage, with values as small as per-CPU memory's pieces. Behaves as
// kernel/bpf/local_storage.c, Linux 6.18.
#include "map/cgroup_storage.h"

namespace saya {
namespace {

constexpr uint32_t kMostPerCpu = 32768;  // PCPU_MIN_UNIT_SIZE

}  // namespace

Result<size_t> percpu_cgroup_storage_storage(const MapSpec& spec, uint32_t) {
  return cgroup_storage_bytes(spec, kMostPerCpu);
}

Result<MapPtr> open_percpu_cgroup_storage(MapSpec spec, MapMemory memory) {
  return std::make_shared<CgroupStorage>(std::move(spec), std::move(memory));
}

}  // namespace saya
