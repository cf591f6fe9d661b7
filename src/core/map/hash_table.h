// The algorithm of hash maps over plain memory: geometry in, offsets inside, no pointer stored, no virtual call.
//
//   payload:  counters | one spare per CPU | buckets {version, head} | elements {next, tag, key, value}
//
// Links are element numbers counted from 1; 0 ends a chain. All zeroes is the empty table.
//
// Readers never wait. A bucket's version is odd while a writer holds it, and what a writer takes out of a chain is
// given to the pool only after the version moved on. So a reader that finds the version where it was (a writer may have
// come, none may have left) has walked elements that nobody reused; else it may have been carried into another chain,
// and walks again.
//
// A writer publishes last: it fills an element nobody can see and then changes one link, or it changes one link. Where
// it dies, readers find the old or the new element, one element is lost to the pool, one entry may be lost to the
// count, and the bucket refuses writers until recover().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "map/map.h"

namespace saya {

/// Where things lie in the payload, computed from the spec alone. Offsets and sizes in bytes.
struct HashLayout {
  HashLayout(const MapSpec& spec, uint32_t cpus) noexcept;

  uint32_t key_size;
  uint32_t value_size;
  uint32_t max_entries;
  uint32_t nr_cpus;
  uint32_t buckets;   ///< A power of two, at least max_entries.
  uint32_t capacity;  ///< Elements: max_entries, the CPUs' spares, and what writers hold in their hands.
  size_t value_at;    ///< Inside an element.
  size_t stride;
  size_t buckets_at;
  size_t elements_at;
};

/// Does not own the memory. Every member may be called from any thread, recover() excepted. Contents may be hostile:
/// a link is checked before it is followed.
class HashTable {
 public:
  HashTable(const HashLayout& layout, uint64_t hash_key, std::byte* payload) noexcept;

  /// The value, or null.
  std::byte* lookup(const std::byte* key) const noexcept;
  /// As Map::update(); -ETIMEDOUT when a writer held the bucket for 250 ms (it died), -ENOMEM when more than 64 writers
  /// were inside at once.
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept;
  int erase(const std::byte* key) noexcept;
  int next_key(const std::byte* key, std::byte* next) const noexcept;
  std::span<std::byte> value_around(const std::byte* address) const noexcept;
  /// As Map::recover().
  void recover() noexcept;

  struct Bucket {
    std::atomic<uint32_t> version;
    std::atomic<uint32_t> head;
  };
  Bucket& bucket_of(const std::byte* key) const noexcept { return bucket(hash(key)); }

 private:
  struct Element {
    std::atomic<uint32_t> next;
    std::atomic<uint32_t> tag;  ///< Upper half of the hash; in the pool, the link to the next free element.
  };
  struct Counters {
    alignas(64) std::atomic<uint32_t> entries;  ///< Keys in the map, and those that writers are about to put in.
    alignas(64) std::atomic<uint32_t> fresh;    ///< Elements below this were used once; the others are untouched.
    std::atomic<uint64_t> free;                 ///< The pool: link in the low half, a count of changes in the high one.
  };
  struct Spare {
    alignas(64) std::atomic<uint32_t> link;  ///< Left by this CPU's last replacement for its next one.
  };
  struct Place {
    std::atomic<uint32_t>* link;  ///< What leads to the element; at the end of the chain, its last link.
    Element* element;             ///< Null when the chain ended.
  };
  friend struct HashLayout;

  uint64_t hash(const std::byte* key) const noexcept;
  Bucket& bucket(uint64_t hash) const noexcept { return buckets_[hash & (layout_.buckets - 1)]; }
  Element* element(uint32_t link) const noexcept;
  static std::byte* key_of(Element* element) noexcept { return reinterpret_cast<std::byte*>(element + 1); }
  std::byte* value_of(Element* element) const noexcept {
    return reinterpret_cast<std::byte*>(element) + layout_.value_at;
  }
  Place find(Bucket& bucket, uint64_t hash, const std::byte* key) const noexcept;
  template <class Walk>
  auto walk(const Bucket& bucket, Walk once) const noexcept;
  bool first_key_of(Bucket& bucket, std::byte* next) const noexcept;

  int store(Bucket& bucket, uint64_t hash, const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu,
            uint32_t& retired) noexcept;
  bool count_entry() noexcept;
  uint32_t take(uint32_t cpu) noexcept;
  uint32_t take_from_pool() noexcept;
  uint32_t take_fresh() noexcept;
  void retire(uint32_t link, uint32_t cpu) noexcept;
  void give_to_pool(uint32_t link) noexcept;
  bool is_linked(uint32_t link) const noexcept;

  const HashLayout layout_;
  const uint64_t hash_key_;
  Counters& counters_;
  Spare* const spares_;
  Bucket* const buckets_;
  std::byte* const elements_;
};

}  // namespace saya
