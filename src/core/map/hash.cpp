// BPF_MAP_TYPE_HASH: what the type accepts, and a Map around map/hash_table.h. Behaves as kernel/bpf/hashtab.c, Linux
// 6.18.
#include "map/checks.h"
#include "map/hash_checks.h"
#include "map/hash_table.h"
#include "map/keyed_map.h"

namespace saya {
namespace {

using HashMap = KeyedMap<HashTable, false>;

}  // namespace

Result<size_t> hash_storage(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(check_hash_flags(spec, kMapNoPrealloc | kMapNumaNode));
  SAYA_CHECK(check_hash_sizes(spec));
  return check_payload(spec, HashLayout(spec, nr_cpus).chains.end);
}

Result<MapPtr> open_hash(MapSpec spec, MapMemory memory) {
  const HashLayout layout(spec, memory.header().nr_cpus);
  return std::make_shared<HashMap>(std::move(spec), std::move(memory), layout);
}

}  // namespace saya
