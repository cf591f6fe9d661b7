// BPF_MAP_TYPE_HASH: what the type accepts, and a Map around map/hash_table.h. Behaves as kernel/bpf/hashtab.c, Linux
// 6.18.
#include "map/checks.h"
#include "map/hash_table.h"

namespace saya {
namespace {

constexpr uint64_t kMostElement =
    (4u << 20) - 48 - 1;                     // Key and value: below KMALLOC_MAX_SIZE with the kernel's links.
constexpr uint32_t kMostEntries = 1u << 27;  // The kernel's bucket array stays below 4 GiB.

class HashMap final : public Map {
 public:
  HashMap(MapSpec spec, MapMemory memory)
      : Map(std::move(spec), std::move(memory)),
        table_(HashLayout(this->spec(), nr_cpus()), this->memory().header().hash_key, payload()) {}

  std::byte* lookup(const std::byte* key, uint32_t) noexcept override { return table_.lookup(key); }
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept override {
    return table_.update(key, value, flags, cpu);
  }
  int erase(const std::byte* key) noexcept override { return table_.erase(key); }
  int next_key(const std::byte* key, std::byte* next) const noexcept override { return table_.next_key(key, next); }
  std::span<std::byte> value_around(const std::byte* address) noexcept override { return table_.value_around(address); }
  void recover() noexcept override { table_.recover(); }

 private:
  HashTable table_;
};

}  // namespace

Result<size_t> hash_storage(const MapSpec& spec, uint32_t nr_cpus) {
  const uint32_t flags = kMapNoPrealloc | kMapNumaNode | kMapZeroSeed | kMapSyscallFlags | kMapProgramFlags;
  SAYA_CHECK(check_flags(spec, flags));
  SAYA_CHECK(check_range(spec, "key_size", spec.key_size, 1, kMostElement, Code::no_space));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 1, kMostElement, Code::no_space));
  const uint64_t both = uint64_t{spec.key_size} + spec.value_size;
  SAYA_CHECK(check_range(spec, "key_size + value_size", both, 2, kMostElement, Code::no_space));
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 1, kMostEntries, Code::no_space));
  const HashLayout layout(spec, nr_cpus);
  SAYA_TRY(const size_t elements, payload_bytes(spec, layout.capacity, layout.stride));
  return layout.elements_at + elements;
}

Result<MapPtr> open_hash(MapSpec spec, MapMemory memory) {
  return std::make_shared<HashMap>(std::move(spec), std::move(memory));
}

}  // namespace saya
