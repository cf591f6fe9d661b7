// BPF_MAP_TYPE_HASH_OF_MAPS: maps by any key, a hash table of addresses. Results as kernel/bpf/hashtab.c, Linux 6.18.
// What takes an element out of the table waits for readers before the next change may begin, so no reader ever sees an
// element come to belong to another key.
#include <utility>

#include "map/checks.h"
#include "map/hash_table.h"
#include "map/map_of_maps.h"
#include "map/words.h"

namespace saya {
namespace {

/// The table's own shape: values are addresses.
MapSpec of_addresses(MapSpec spec) {
  spec.value_size = sizeof(const Map*);
  spec.fields.clear();
  return spec;
}

class HashOfMaps final : public MapOfMaps {
 public:
  /// `table` is zeroed memory for the table.
  HashOfMaps(MapSpec spec, MapMemory memory, Region table)
      : MapOfMaps(std::move(spec), std::move(memory)),
        bytes_(std::move(table)),
        table_spec_(of_addresses(this->spec())),
        table_(table_spec_, HashLayout(table_spec_, nr_cpus()), this->memory().header().hash_key, bytes_.data()) {}

  std::byte* lookup(const std::byte* key, uint32_t) noexcept override {
    std::byte* value = table_.lookup(key, 0);
    return value ? reinterpret_cast<std::byte*>(shared_word(value).load(std::memory_order_acquire)) : nullptr;
  }
  int next_key(const std::byte* key, std::byte* next) const noexcept override {
    return table_.chains().next_key(key, next);
  }

 private:
  int link(const std::byte* key, const Map& inner, uint64_t flags) override {
    const Map* const address = &inner;
    return table_.update(key, {reinterpret_cast<const std::byte*>(&address), 0}, flags, 0);
  }
  int unlink(const std::byte* key) override { return table_.erase(key); }

  Region bytes_;  ///< Reserved, not touched.
  const MapSpec table_spec_;
  HashTable table_;
};

}  // namespace

Result<size_t> hash_of_maps_storage(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(hash_storage(spec, nr_cpus));
  SAYA_CHECK(check_map_of_maps(spec, nr_cpus));
  return size_t{0};
}

Result<MapPtr> open_hash_of_maps(MapSpec spec, MapMemory memory) {
  SAYA_TRY(Region table, Region::reserve(HashLayout(of_addresses(spec), memory.header().nr_cpus).chains.end));
  return std::make_shared<HashOfMaps>(std::move(spec), std::move(memory), std::move(table));
}

}  // namespace saya
