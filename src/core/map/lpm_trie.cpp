// BPF_MAP_TYPE_LPM_TRIE: what the type accepts, and a Map around map/lpm_table.h. Behaves as kernel/bpf/lpm_trie.c,
// Linux 6.18.
#include <cerrno>

#include "map/checks.h"
#include "map/lpm_table.h"

namespace saya {
namespace {

constexpr uint32_t kLeastKey = sizeof(uint32_t) + 1, kMostKey = sizeof(uint32_t) + LpmTable::kMostBytes;
constexpr uint32_t kMostValue = (4u << 20) - LpmTable::kMostBytes - 40;  // KMALLOC_MAX_SIZE without the kernel's node.

class LpmTrie final : public Map {
 public:
  LpmTrie(MapSpec spec, MapMemory memory)
      : Map(std::move(spec), std::move(memory)), table_(LpmLayout(this->spec()), payload()) {}

  std::byte* lookup(const std::byte* key, uint32_t) noexcept override { return table_.lookup(key); }
  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t) noexcept override {
    return table_.update(key, value, flags);
  }
  int erase(const std::byte* key) noexcept override { return table_.erase(key); }
  int next_key(const std::byte* key, std::byte* next) const noexcept override { return table_.next_key(key, next); }
  std::span<std::byte> value_around(const std::byte* address) noexcept override { return table_.value_around(address); }
  void recover() noexcept override { table_.recover(); }

 private:
  LpmTable table_;
};

}  // namespace

Result<size_t> lpm_trie_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 1, UINT32_MAX, Code::invalid_argument));
  SAYA_CHECK(check_flags(spec, kMapNoPrealloc | kMapNumaNode | kMapSyscallFlags | kMapProgramFlags));
  if (!(spec.flags & kMapNoPrealloc))
    return refuse(spec, Code::invalid_argument, "this type needs the flag no_prealloc");
  SAYA_CHECK(check_range(spec, "key_size", spec.key_size, kLeastKey, kMostKey, Code::invalid_argument));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 1, kMostValue, Code::invalid_argument));
  return check_payload(spec, LpmLayout(spec).end);
}

Result<MapPtr> open_lpm_trie(MapSpec spec, MapMemory memory) {
  return std::make_shared<LpmTrie>(std::move(spec), std::move(memory));
}

}  // namespace saya
