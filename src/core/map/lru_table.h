// Hash maps that are never full: a new key takes the element of one that was not used for long. The chains of
// map/hash_chains.h with the lists of map/lru_lists.h.
//
//   payload:  lists | chains
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "map/hash_chains.h"
#include "map/lru_lists.h"
#include "map/map.h"

namespace saya {

/// Where things lie. max_entries of the spec are all there are.
struct LruTableLayout {
  LruTableLayout(const MapSpec& spec, uint32_t nr_cpus, bool per_cpu) noexcept;

  LruLayout lists;
  ChainLayout chains;
};

/// Does not own the memory. Every member may be called from any thread, recover() excepted. Contents may be hostile.
class LruTable {
 public:
  /// `spec` outlives the table.
  LruTable(const MapSpec& spec, const LruTableLayout& layout, uint64_t hash_key, std::byte* payload) noexcept;

  const HashChains& chains() const noexcept { return chains_; }
  /// The value that `cpu` sees, or null; the key counts as used.
  std::byte* lookup(const std::byte* key, uint32_t cpu) const noexcept {
    const uint32_t number = chains_.lookup(key);
    if (!number) return nullptr;
    lists_.touch(number);
    return chains_.value(number, cpu);
  }
  /// The same by someone who only looks.
  std::byte* inspect(const std::byte* key, uint32_t cpu) const noexcept {
    const uint32_t number = chains_.lookup(key);
    return number ? chains_.value(number, cpu) : nullptr;
  }
  /// As Map::update(), for a program on `cpu`; -ENOMEM when no element could be evicted, -ETIMEDOUT as HashTable.
  int update(const std::byte* key, const NewValue& value, uint64_t flags, uint32_t cpu) noexcept;
  int erase(const std::byte* key) noexcept { return take(key, nullptr, 0); }
  /// Copies the host's view of the values, unless that is null, and erases. `flags` as Map::take().
  int take(const std::byte* key, std::byte* values, uint64_t flags) noexcept;
  std::span<std::byte> value_around(const std::byte* address) const noexcept {
    return chains_.value_around(address, chains_.layout().capacity);
  }
  /// As Map::recover().
  void recover() noexcept;

 private:
  int store(uint64_t hash, const std::byte* key, const NewValue& value, uint64_t flags, uint32_t& number) noexcept;

  HashChains chains_;
  LruLists lists_;
};

/// What LRU types accept: flags of hash types, `more` and kMapNoCommonLru.
Result<> check_lru_flags(const MapSpec& spec, uint32_t more);
/// Lists for each CPU need as many elements for each: max_entries grows to the next multiple, as in the kernel.
MapSpec with_lru_entries(MapSpec spec, uint32_t nr_cpus);

}  // namespace saya
