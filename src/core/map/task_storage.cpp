// BPF_MAP_TYPE_TASK_STORAGE: a value for each task, of which saya knows one. Behaves as kernel/bpf/bpf_task_storage.c,
// Linux 6.18.
#include "map/owner_storage.h"

namespace saya {

Result<size_t> task_storage_storage(const MapSpec& spec, uint32_t) { return owner_storage_bytes(spec); }

Result<MapPtr> open_task_storage(MapSpec spec, MapMemory memory) {
  return std::make_shared<OwnerStorage>(std::move(spec), std::move(memory));
}

}  // namespace saya
