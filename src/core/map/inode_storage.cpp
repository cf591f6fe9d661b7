// BPF_MAP_TYPE_INODE_STORAGE: a value for each inode, of which saya knows none and packet programs reach none. Behaves
// as kernel/bpf/bpf_inode_storage.c, Linux 6.18.
#include "map/owner_storage.h"

namespace saya {

Result<size_t> inode_storage_storage(const MapSpec& spec, uint32_t) { return owner_storage_bytes(spec); }

Result<MapPtr> open_inode_storage(MapSpec spec, MapMemory memory) {
  return std::make_shared<OwnerStorage>(std::move(spec), std::move(memory));
}

}  // namespace saya
