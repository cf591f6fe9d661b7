// What all hash maps share, over plain memory: buckets of chained elements. Geometry in, offsets inside, no pointer
// stored, no virtual call. Who is taken for a new key is for the owner to say (map/hash_table.h, map/lru_table.h).
//
//   buckets {version, head} | elements {next, tag, key, value} | one block of values per CPU, where elements have none
//
// Links are element numbers counted from 1; 0 ends a chain. All zeroes is the empty table.
//
// Readers never wait. A bucket's version is odd while a writer holds it, and what a writer takes out of a chain is
// used again only after the version moved on. So a reader that finds the version where it was (a writer may have
// come, none may have left) has walked elements that nobody reused; else it may have been carried into another chain,
// and walks again.
//
// A writer publishes last: it fills an element nobody can see and then changes one link, or it changes one link. Where
// it dies, readers find the old or the new element, and the bucket refuses writers until recover().
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "map/fields.h"
#include "map/map.h"
#include "map/patience.h"

namespace saya {

/// Where things lie, computed from the spec alone. Offsets and sizes in bytes.
struct ChainLayout {
  /// From offset `at` on. `cpus`: how many have a value of their own in each element, 0 where there is one for all.
  ChainLayout(const MapSpec& spec, uint32_t cpus, uint32_t capacity, size_t at) noexcept;

  uint32_t key_size;
  uint32_t value_size;
  uint32_t copies;    ///< Values of one element.
  bool per_cpu;       ///< They are each one CPU's.
  uint32_t buckets;   ///< A power of two, at least max_entries.
  uint32_t capacity;  ///< Elements.
  size_t stride;      ///< From one element to the next.
  size_t buckets_at;
  size_t elements_at;
  size_t values_at;    ///< The first element's value;
  size_t value_step;   ///< from there to the next one's,
  size_t value_block;  ///< and to the next CPU's.
  size_t end;
};

/// What an update writes: one value, or on the host side every CPU's, each padded to 8 bytes.
struct NewValue {
  static constexpr uint32_t kAllCpus = UINT32_MAX;
  const std::byte* bytes;
  uint32_t cpu;  ///< Whose, where there is one for each CPU; the others are zero in a new element.
};

/// Does not own the memory. Every member may be called from any thread, except recover() and is_linked(). Contents may
/// be hostile: a link is checked before it is followed.
class HashChains {
 public:
  struct Bucket {
    std::atomic<uint32_t> version;
    std::atomic<uint32_t> head;
  };
  /// An element in its chain. Valid while the bucket is held.
  struct Place {
    std::atomic<uint32_t>* link;  ///< What leads to it; at the end of the chain, its last link.
    uint32_t number;              ///< 0 when the chain ended.
  };

  /// `spec` outlives the chains.
  HashChains(const MapSpec& spec, const ChainLayout& layout, uint64_t hash_key, std::byte* payload) noexcept;

  const ChainLayout& layout() const noexcept { return layout_; }
  const ValueShape& shape() const noexcept { return shape_; }
  uint64_t hash(const std::byte* key) const noexcept;
  Bucket& bucket(uint64_t hash) const noexcept { return buckets_[hash & (layout_.buckets - 1)]; }

  // For readers.

  /// The element's number, or 0.
  uint32_t lookup(const std::byte* key) const noexcept;
  /// Where the value lies that `cpu` sees; `number` and `cpu` are in range.
  std::byte* value(uint32_t number, uint32_t cpu) const noexcept {
    return values_ + (number - 1) * layout_.value_step + cpu * layout_.value_block;
  }
  int next_key(const std::byte* key, std::byte* next) const noexcept;
  /// As Map::visit_bucket().
  bool visit(uint32_t bucket, uint32_t cpu, Map::Visit visit, void* context) const noexcept;
  /// Copies the key of the element whose value begins at `value`; false when none does.
  bool key_at(const std::byte* value, std::byte* key) const noexcept;
  /// As Map::value_around(), of the first `used` elements.
  std::span<std::byte> value_around(const std::byte* address, uint32_t used) const noexcept;

  // For writers. An element that nobody sees may be filled by who took it.

  /// Held until the end of the scope.
  class Hold {
   public:
    explicit Hold(Bucket& bucket, Nanoseconds patience = kLockPatience) noexcept;
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    explicit operator bool() const noexcept { return held_; }

   private:
    Bucket& bucket_;
    const bool held_;
  };

  /// One pass over a chain. A reader that was carried away ends early, at the latest where it finds an end.
  Place find(Bucket& bucket, uint64_t hash, const std::byte* key) const noexcept;
  void fill(uint32_t number, uint64_t hash, const std::byte* key) const noexcept;
  /// All values of a new element, or those that an update changes.
  void fill_value(uint32_t number, const NewValue& value) const noexcept;
  void change_value(uint32_t number, const NewValue& value) const noexcept;
  /// Copies what the host sees of the element, with kUpdateLock under the value's spin lock.
  int read_values(uint32_t number, std::byte* values, uint64_t flags) const noexcept;
  /// Into the bucket: at the chain's head, or in the place of `old`, so that no reader can pass between both.
  void link(Bucket& bucket, const Place& old, uint32_t number) const noexcept;
  void unlink(const Place& place) const noexcept;
  /// Takes that element out of the bucket of `hash`, if it is there.
  bool evict(uint32_t number, uint64_t hash) const noexcept;

  /// The pool's link, in an element that is in no chain.
  std::atomic<uint32_t>& pool_link(uint32_t number) const noexcept { return element(number)->tag; }
  bool is_element(uint32_t number) const noexcept { return number - 1 < layout_.capacity; }

  /// Whether the chain where the element's key belongs contains it. Nobody else uses the map.
  bool is_linked(uint32_t number) const noexcept;
  /// Lets go of every bucket. Nobody else uses the map.
  void recover() const noexcept;

 private:
  struct Element {
    std::atomic<uint32_t> next;
    std::atomic<uint32_t> tag;  ///< Upper half of the hash.
  };
  friend struct ChainLayout;

  Element* element(uint32_t number) const noexcept {
    return reinterpret_cast<Element*>(elements_ + (number - 1) * layout_.stride);
  }
  static std::byte* key_of(Element* element) noexcept { return reinterpret_cast<std::byte*>(element + 1); }
  template <class Walk>
  auto walk(const Bucket& bucket, Walk once) const noexcept;
  bool is_in(Bucket& bucket, uint32_t number) const noexcept;
  void release(uint32_t number) const noexcept;
  bool first_key_of(Bucket& bucket, std::byte* next) const noexcept;

  const ChainLayout layout_;
  const ValueShape shape_;
  const uint64_t hash_key_;
  Bucket* const buckets_;
  std::byte* const elements_;
  std::byte* const values_;
};

}  // namespace saya
