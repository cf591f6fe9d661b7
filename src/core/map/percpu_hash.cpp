// BPF_MAP_TYPE_PERCPU_HASH: keys with one value per CPU, those of each CPU in a block of memory of its own. Behaves as
// kernel/bpf/hashtab.c, Linux 6.18: values change in place, and what a program puts in is zero for the other CPUs.
#include "map/checks.h"
#include "map/hash_checks.h"
#include "map/hash_table.h"
#include "map/keyed_map.h"

namespace saya {
namespace {

using PerCpuHashMap = KeyedMap<HashTable, true>;

}  // namespace

Result<size_t> percpu_hash_storage(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(check_hash_flags(spec, kMapNoPrealloc));
  SAYA_CHECK(check_percpu_hash_sizes(spec));
  return check_payload(spec, HashLayout(spec, nr_cpus, true).chains.end);
}

Result<MapPtr> open_percpu_hash(MapSpec spec, MapMemory memory) {
  const HashLayout layout(spec, memory.header().nr_cpus, true);
  return std::make_shared<PerCpuHashMap>(std::move(spec), std::move(memory), layout);
}

}  // namespace saya
