// BPF_MAP_TYPE_LRU_PERCPU_HASH: what the type accepts, and a Map around map/lru_table.h, with one value per CPU.
// Behaves as kernel/bpf/hashtab.c, Linux 6.18.
#include "map/checks.h"
#include "map/hash_checks.h"
#include "map/keyed_map.h"
#include "map/lru_table.h"

namespace saya {
namespace {

class LruPerCpuHashMap final : public KeyedMap<LruTable, true> {
 public:
  using KeyedMap::KeyedMap;
  std::byte* inspect(const std::byte* key, uint32_t cpu) noexcept override {
    return is_cpu(cpu) ? table_.inspect(key, cpu) : nullptr;
  }
};

}  // namespace

Result<size_t> lru_percpu_hash_storage(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(check_lru_flags(spec, 0));
  SAYA_CHECK(check_percpu_hash_sizes(spec));
  return check_payload(spec, LruTableLayout(with_lru_entries(spec, nr_cpus), nr_cpus, true).chains.end);
}

Result<MapPtr> open_lru_percpu_hash(MapSpec spec, MapMemory memory) {
  const uint32_t cpus = memory.header().nr_cpus;
  spec = with_lru_entries(std::move(spec), cpus);
  const LruTableLayout layout(spec, cpus, true);
  return std::make_shared<LruPerCpuHashMap>(std::move(spec), std::move(memory), layout);
}

}  // namespace saya
