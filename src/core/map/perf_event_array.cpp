// BPF_MAP_TYPE_PERF_EVENT_ARRAY. Results as kernel/bpf/arraymap.c, Linux 6.18; slots are swapped as base/published.h
// swaps.
#include "map/perf_event_array.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "base/published.h"
#include "map/checks.h"
#include "map/records.h"

namespace saya {

PerfEventArray::PerfEventArray(MapSpec spec, MapMemory memory, Region slots)
    : Map(std::move(spec), std::move(memory)),
      slots_(std::move(slots)),
      first_(reinterpret_cast<Slot*>(slots_.data())) {}

/// 0 or a negative errno. Returns when no reader can hold the old ring any more.
int PerfEventArray::exchange(uint32_t index, std::shared_ptr<PerfRing> ring) {
  if (index >= spec().max_entries) return -E2BIG;
  const std::lock_guard guard(changing_);
  if (!ring && !at(index)) return -ENOENT;
  slot(index).store(ring.get(), std::memory_order_release);
  wait_for_readers();
  if (ring)
    owners_[index] = std::move(ring);
  else
    owners_.erase(index);
  return 0;
}

Result<std::shared_ptr<PerfRing>> PerfEventArray::open(uint32_t index, uint32_t cpu, size_t bytes) {
  auto ring = PerfRing::create(cpu, bytes);
  if (!ring) return std::unexpected(std::move(ring).error().at(fmt::format("map '{}': slot {}", spec().name, index)));
  if (exchange(index, *ring) != 0)
    return refuse(spec(), Code::no_space, fmt::format("slot {} is beyond max_entries {}", index, spec().max_entries));
  return ring;
}

int PerfEventArray::update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept { return -EOPNOTSUPP; }
int PerfEventArray::erase(const std::byte* key) noexcept { return exchange(load<uint32_t>(key), nullptr); }
int PerfEventArray::next_key(const std::byte* key, std::byte* next) const noexcept {
  return next_index(key, next, spec().max_entries);
}

Result<size_t> perf_event_array_storage(const MapSpec& spec, uint32_t) {
  SAYA_CHECK(check_indexed(spec));
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 4, 4, Code::invalid_argument));
  SAYA_CHECK(check_flags(spec, kMapNumaNode | kMapSyscallFlags | kMapPreserveElements));
  return size_t{0};
}

Result<MapPtr> open_perf_event_array(MapSpec spec, MapMemory memory) {
  SAYA_TRY(Region slots, Region::reserve(spec.max_entries * sizeof(PerfRing*)));
  return std::make_shared<PerfEventArray>(std::move(spec), std::move(memory), std::move(slots));
}

}  // namespace saya
