// BPF_MAP_TYPE_ARRAY: values one after the other. Behaves as kernel/bpf/arraymap.c, Linux 6.18.
// An update copies in place, word by word, as the kernel's does: a writer that dies leaves some words new, some old.
#include <cerrno>
#include <climits>

#include "map/checks.h"
#include "map/records.h"
#include "map/words.h"

namespace saya {
namespace {

/// Bytes from one value to the next, as user space mmaps them.
size_t stride_of(const MapSpec& spec) noexcept { return round_up(spec.value_size); }

class ArrayMap final : public Map {
 public:
  ArrayMap(MapSpec spec, MapMemory memory)
      : Map(std::move(spec), std::move(memory)),
        shape_(this->spec()),
        values_(payload()),
        stride_(stride_of(this->spec())) {}

  std::byte* lookup(const std::byte* key, uint32_t) noexcept override {
    const auto index = load<uint32_t>(key);
    return index < spec().max_entries ? values_ + index * stride_ : nullptr;
  }

  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept override {
    return update_slot(shape_, lookup(key, cpu), value, flags);
  }

  int erase(const std::byte*) noexcept override { return -EINVAL; }

  int next_key(const std::byte* key, std::byte* next) const noexcept override {
    return next_index(key, next, spec().max_entries);
  }

  std::span<std::byte> value_around(const std::byte* address) noexcept override {
    return value_in({values_, spec().max_entries * stride_}, stride_, 0, spec().value_size, address);
  }
  bool key_of(const std::byte* value, std::byte* key) const noexcept override {
    store(key, static_cast<uint32_t>(static_cast<size_t>(value - values_) / stride_));
    return true;
  }

 private:
  const ValueShape shape_;
  std::byte* const values_;
  const size_t stride_;
};

}  // namespace

Result<size_t> array_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_indexed(spec));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags | kMapProgramFlags | kMapMmapable | kMapInnerMap));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 1, INT_MAX, Code::no_space));
  return payload_bytes(spec, spec.max_entries, stride_of(spec));
}

Result<MapPtr> open_array(MapSpec spec, MapMemory memory) {
  return std::make_shared<ArrayMap>(std::move(spec), std::move(memory));
}

}  // namespace saya
