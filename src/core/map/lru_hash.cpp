// BPF_MAP_TYPE_LRU_HASH: what the type accepts, and a Map around map/lru_table.h. Behaves as
// kernel/bpf/hashtab.c, Linux 6.18.
#include "map/checks.h"
#include "map/hash_checks.h"
#include "map/keyed_map.h"
#include "map/lru_table.h"

namespace saya {
namespace {

class LruHashMap final : public KeyedMap<LruTable, false> {
 public:
  using KeyedMap::KeyedMap;
  std::byte* inspect(const std::byte* key, uint32_t) noexcept override { return table_.inspect(key, 0); }
};

}  // namespace

Result<size_t> lru_hash_storage(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(check_lru_flags(spec, kMapNumaNode));
  SAYA_CHECK(check_hash_sizes(spec));
  return check_payload(spec, LruTableLayout(with_lru_entries(spec, nr_cpus), nr_cpus, false).chains.end);
}

Result<MapPtr> open_lru_hash(MapSpec spec, MapMemory memory) {
  const uint32_t cpus = memory.header().nr_cpus;
  spec = with_lru_entries(std::move(spec), cpus);
  const LruTableLayout layout(spec, cpus, false);
  return std::make_shared<LruHashMap>(std::move(spec), std::move(memory), layout);
}

}  // namespace saya
