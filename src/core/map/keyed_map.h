// A Map around a table of keys: what the four types of hash map have in common.
#pragma once

#include <cerrno>
#include <utility>

#include "map/hash_chains.h"
#include "map/map.h"

namespace saya {

/// `Table` is HashTable or LruTable, `kPerCpu` says whether each CPU has a value of its own.
template <class Table, bool kPerCpu>
class KeyedMap : public Map {
 public:
  /// `layout` is the table's, over the payload.
  template <class Layout>
  KeyedMap(MapSpec spec, MapMemory memory, const Layout& layout)
      : Map(std::move(spec), std::move(memory)),
        table_(this->spec(), layout, this->memory().header().hash_key, payload()) {}

  uint32_t copies() const noexcept final { return kPerCpu ? nr_cpus() : 1; }
  std::byte* lookup(const std::byte* key, uint32_t cpu) noexcept final {
    return is_cpu(cpu) ? table_.lookup(key, kPerCpu ? cpu : 0) : nullptr;
  }
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept final {
    return is_cpu(cpu) ? table_.update(key, {value, kPerCpu ? cpu : 0}, flags, cpu) : -EINVAL;
  }
  int erase(const std::byte* key) noexcept final { return table_.erase(key); }
  int next_key(const std::byte* key, std::byte* next) const noexcept final {
    return table_.chains().next_key(key, next);
  }
  std::span<std::byte> value_around(const std::byte* address) noexcept final { return table_.value_around(address); }
  bool key_of(const std::byte* value, std::byte* key) const noexcept final {
    return table_.chains().key_at(value, key);
  }
  void recover() noexcept final { table_.recover(); }

  int update_all(const std::byte* key, const std::byte* values, uint64_t flags) noexcept final {
    return table_.update(key, {values, NewValue::kAllCpus}, flags, 0);
  }
  int take(const std::byte* key, std::byte* values, uint64_t flags) noexcept final {
    return table_.take(key, values, flags);
  }
  uint32_t buckets() const noexcept final { return table_.chains().layout().buckets; }
  bool visit_bucket(uint32_t bucket, uint32_t cpu, Visit visit, void* context) noexcept final {
    return !is_cpu(cpu) || table_.chains().visit(bucket, kPerCpu ? cpu : 0, visit, context);
  }

 protected:
  bool is_cpu(uint32_t cpu) const noexcept { return !kPerCpu || cpu < nr_cpus(); }

  Table table_;
};

}  // namespace saya
