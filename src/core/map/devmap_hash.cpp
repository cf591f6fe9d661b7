// BPF_MAP_TYPE_DEVMAP_HASH: ports under any u32. Results as kernel/bpf/devmap.c, Linux 6.18: BPF_EXIST is taken and
// means nothing. A value in the table is a whole word, whatever the map's value size is.
#include <cerrno>

#include "map/checks.h"
#include "map/hash_table.h"
#include "map/redirect_map.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr uint64_t kMostEntries = uint64_t{1} << 31;

/// The table's own shape.
MapSpec of_words(MapSpec spec) {
  spec.value_size = kWord;
  return spec;
}

const std::byte* bytes_of(const auto& number) { return reinterpret_cast<const std::byte*>(&number); }

class DevMapHash final : public RedirectMap {
 public:
  DevMapHash(MapSpec spec, MapMemory memory)
      : RedirectMap(std::move(spec), std::move(memory)),
        table_spec_(of_words(this->spec())),
        table_(table_spec_, HashLayout(table_spec_, nr_cpus()), this->memory().header().hash_key, payload()) {}

  std::byte* lookup(const std::byte* key, uint32_t) noexcept override { return table_.lookup(key, 0); }
  int next_key(const std::byte* key, std::byte* next) const noexcept override {
    return table_.chains().next_key(key, next);
  }
  std::span<std::byte> value_around(const std::byte* address) noexcept override {
    const std::span<std::byte> value = table_.value_around(address);
    const bool inside = !value.empty() && address < value.data() + spec().value_size;
    return inside ? value.first(spec().value_size) : std::span<std::byte>();
  }
  void recover() noexcept override { table_.recover(); }

 private:
  int check(const Change& change) const noexcept override {
    if (change.flags > kUpdateExist || change.number == 0) return -EINVAL;
    if (change.flags == kUpdateNoExist && word(change.key)) return -EEXIST;
    return port_exists(change.number) ? 0 : -EINVAL;
  }
  int bad_program() const noexcept override { return -EINVAL; }
  uint32_t wanted_attach_type() const noexcept override { return kXdpDevmap; }
  int check_erase(uint32_t key) const noexcept override { return word(key) ? 0 : -ENOENT; }

  uint64_t word(uint32_t key) const noexcept override {
    std::byte* const value = table_.lookup(bytes_of(key), 0);
    return value ? shared_word(value).load(std::memory_order_acquire) : 0;
  }
  int store_word(uint32_t key, uint64_t word) noexcept override {
    return word ? table_.update(bytes_of(key), {bytes_of(word), 0}, kUpdateAny, 0) : table_.erase(bytes_of(key));
  }

  const MapSpec table_spec_;
  HashTable table_;
};

}  // namespace

Result<size_t> devmap_hash_storage(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(check_redirect_map(spec));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags));
  SAYA_CHECK(check_range(spec, "max_entries", spec.max_entries, 1, kMostEntries, Code::invalid_argument));
  return check_payload(spec, HashLayout(of_words(spec), nr_cpus).chains.end);
}

Result<MapPtr> open_devmap_hash(MapSpec spec, MapMemory memory) {
  return std::make_shared<DevMapHash>(std::move(spec), std::move(memory));
}

}  // namespace saya
