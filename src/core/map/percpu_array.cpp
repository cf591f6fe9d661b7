// BPF_MAP_TYPE_PERCPU_ARRAY: one array per CPU, each in cache lines of its own, so that workers never share one.
// Behaves as kernel/bpf/arraymap.c, Linux 6.18. Values are copied in place, as in array.cpp.
#include <cerrno>

#include "map/checks.h"
#include "map/hash_checks.h"
#include "map/records.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr size_t kNoSharing = 128;  // Two cache lines: processors fetch them in pairs.

/// Bytes of one CPU's values.
Result<size_t> cpu_block(const MapSpec& spec) {
  SAYA_TRY(const size_t values, payload_bytes(spec, spec.max_entries, round_up(spec.value_size)));
  return round_up(values, kNoSharing);
}

class PerCpuArrayMap final : public Map {
 public:
  PerCpuArrayMap(MapSpec spec, MapMemory memory, size_t block)
      : Map(std::move(spec), std::move(memory)),
        shape_(this->spec()),
        values_(payload()),
        stride_(round_up(this->spec().value_size)),
        block_(block) {}

  uint32_t copies() const noexcept override { return nr_cpus(); }

  std::byte* lookup(const std::byte* key, uint32_t cpu) noexcept override {
    const auto index = load<uint32_t>(key);
    return index < spec().max_entries && cpu < nr_cpus() ? values_ + cpu * block_ + index * stride_ : nullptr;
  }

  int update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept override {
    return update_slot(shape_, lookup(key, cpu), value, flags);
  }

  int update_all(const std::byte* key, const std::byte* values, uint64_t flags) noexcept override {
    for (uint32_t cpu = 0; cpu < nr_cpus(); ++cpu)
      if (const int error = update(key, values + cpu * stride_, flags, cpu)) return error;
    return 0;
  }

  int erase(const std::byte*) noexcept override { return -EINVAL; }

  int next_key(const std::byte* key, std::byte* next) const noexcept override {
    return next_index(key, next, spec().max_entries);
  }

  std::span<std::byte> value_around(const std::byte* address) noexcept override {
    const std::span all(values_, nr_cpus() * block_);
    const size_t at = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(values_);
    if (at >= all.size()) return {};
    const auto mine = all.subspan(at - at % block_, spec().max_entries * stride_);
    return value_in(mine, stride_, 0, spec().value_size, address);
  }

 private:
  const ValueShape shape_;
  std::byte* const values_;
  const size_t stride_;
  const size_t block_;
};

}  // namespace

Result<size_t> percpu_array_storage(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(check_indexed(spec));
  SAYA_CHECK(check_flags(spec, kMapSyscallFlags | kMapProgramFlags));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 1, kMostPerCpuValue, Code::no_space));
  SAYA_TRY(const size_t block, cpu_block(spec));
  return payload_bytes(spec, nr_cpus, block);
}

Result<MapPtr> open_percpu_array(MapSpec spec, MapMemory memory) {
  SAYA_TRY(const size_t block, cpu_block(spec));
  return std::make_shared<PerCpuArrayMap>(std::move(spec), std::move(memory), block);
}

}  // namespace saya
