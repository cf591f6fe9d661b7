// BPF_MAP_TYPE_ARRAY_OF_MAPS: maps by number. Results as kernel/bpf/arraymap.c, Linux 6.18.
#include <atomic>
#include <cerrno>
#include <utility>

#include "map/checks.h"
#include "map/map_of_maps.h"
#include "map/records.h"

namespace saya {
namespace {

class ArrayOfMaps final : public MapOfMaps {
 public:
  /// `slots` is zeroed memory for max_entries pointers.
  ArrayOfMaps(MapSpec spec, MapMemory memory, Region slots)
      : MapOfMaps(std::move(spec), std::move(memory)),
        slots_(std::move(slots)),
        first_(reinterpret_cast<Slot*>(slots_.data())) {}

  std::byte* lookup(const std::byte* key, uint32_t) noexcept override {
    const auto index = load<uint32_t>(key);
    return index < spec().max_entries ? as_answer(first_[index].load(std::memory_order_acquire)) : nullptr;
  }
  int next_key(const std::byte* key, std::byte* next) const noexcept override {
    return next_index(key, next, spec().max_entries);
  }

 private:
  using Slot = std::atomic<const Map*>;

  int link(const std::byte* key, const Map& inner, uint64_t flags) override {
    if (flags != kUpdateAny) return -EINVAL;
    return put(key, &inner);
  }
  int unlink(const std::byte* key) override {
    if (load<uint32_t>(key) < spec().max_entries && !lookup(key, 0)) return -ENOENT;
    return put(key, nullptr);
  }
  int put(const std::byte* key, const Map* inner) {
    const auto index = load<uint32_t>(key);
    if (index >= spec().max_entries) return -E2BIG;
    first_[index].store(inner, std::memory_order_release);
    return 0;
  }

  Region slots_;  ///< Reserved, not touched: real objects declare large ones.
  Slot* const first_;
};

}  // namespace

Result<size_t> array_of_maps_storage(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(check_indexed(spec));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags));
  SAYA_CHECK(check_map_of_maps(spec, nr_cpus));
  return size_t{0};
}

Result<MapPtr> open_array_of_maps(MapSpec spec, MapMemory memory) {
  SAYA_TRY(Region slots, Region::reserve(spec.max_entries * sizeof(const Map*)));
  return std::make_shared<ArrayOfMaps>(std::move(spec), std::move(memory), std::move(slots));
}

}  // namespace saya
