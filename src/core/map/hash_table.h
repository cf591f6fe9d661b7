// Hash maps with a pool: a new key takes an element from it, a full map refuses. Over the chains of map/hash_chains.h.
//
//   payload:  counters | one spare per CPU | chains
//
// Where a writer dies, one element is lost to the pool and one entry may be lost to the count, until recover().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "map/hash_chains.h"
#include "map/map.h"

namespace saya {

/// As ChainLayout, with the pool before the chains.
struct HashLayout {
  HashLayout(const MapSpec& spec, uint32_t nr_cpus, bool per_cpu = false) noexcept;

  uint32_t max_entries;
  uint32_t nr_cpus;
  ChainLayout chains;
};

/// Does not own the memory. Every member may be called from any thread, recover() excepted. Contents may be hostile.
class HashTable {
 public:
  /// `spec` outlives the table.
  HashTable(const MapSpec& spec, const HashLayout& layout, uint64_t hash_key, std::byte* payload) noexcept;

  const HashChains& chains() const noexcept { return chains_; }
  /// The value that `cpu` sees, or null.
  std::byte* lookup(const std::byte* key, uint32_t cpu) const noexcept {
    const uint32_t number = chains_.lookup(key);
    return number ? chains_.value(number, cpu) : nullptr;
  }
  /// As Map::update(), for a program on `cpu`; -ETIMEDOUT when a writer held the bucket for 250 ms (it died), -ENOMEM
  /// when more than 64 writers were inside at once. An element with one value is replaced as a whole, values of CPUs
  /// change in place.
  int update(const std::byte* key, const NewValue& value, uint64_t flags, uint32_t cpu) noexcept;
  int erase(const std::byte* key) noexcept { return take(key, nullptr, 0); }
  /// Copies the host's view of the values, unless that is null, and erases. `flags` as Map::take().
  int take(const std::byte* key, std::byte* values, uint64_t flags) noexcept;
  std::span<std::byte> value_around(const std::byte* address) const noexcept;
  /// As Map::recover().
  void recover() noexcept;

 private:
  struct Counters {
    alignas(64) std::atomic<uint32_t> entries;  ///< Keys in the map, and those that writers are about to put in.
    alignas(64) std::atomic<uint32_t> fresh;    ///< Elements below this were used once; the others are untouched.
    std::atomic<uint64_t> free;                 ///< The pool: link in the low half, a count of changes in the high one.
  };
  struct Spare {
    alignas(64) std::atomic<uint32_t> link;  ///< Left by this CPU's last replacement for its next one.
  };
  friend struct HashLayout;
  using Bucket = HashChains::Bucket;
  using Place = HashChains::Place;

  int store(Bucket& bucket, uint64_t hash, const std::byte* key, const NewValue& value, uint64_t flags, uint32_t cpu,
            uint32_t& retired) noexcept;
  int change(const Place& old, const NewValue& value, uint64_t flags) noexcept;
  bool count_entry() noexcept;
  uint32_t take_element(uint32_t cpu) noexcept;
  uint32_t take_from_pool() noexcept;
  uint32_t take_fresh() noexcept;
  void retire(uint32_t number, uint32_t cpu) noexcept;
  void give_to_pool(uint32_t number) noexcept;

  const uint32_t max_entries_;
  const uint32_t nr_cpus_;
  const HashChains chains_;
  Counters& counters_;
  Spare* const spares_;
};

}  // namespace saya
