// What programs tell user space, whichever kind of map they tell it through: ring buffers and perf event arrays.
#pragma once

#include <functional>
#include <span>

#include "map/map.h"

namespace saya {

struct RingEvent {
  std::span<const std::byte> data;  ///< Valid until the visitor returns. Empty when `lost` counts.
  uint64_t lost = 0;                ///< Of a perf_event_array: so many records found no room.
  uint32_t cpu = 0;                 ///< Of a perf_event_array: the worker that wrote it.
};

/// Whether programs put events into maps of this type (BPF_MAP_TYPE_*).
bool has_events(uint32_t type) noexcept;
/// Prepares `map` for being listened to: each slot of a perf_event_array that stands for one of the map's CPUs gets a
/// ring of `bytes` (a power of two of pages); a ring buffer has its own. Control side only.
Result<> open_events(Map& map, size_t bytes);
/// Takes what has come since the last time, in order for each CPU, and calls `visit` for each. How many. May be called
/// while programs run; a map has one listener.
Result<size_t> drain_events(Map& map, const std::function<void(const RingEvent&)>& visit);

}  // namespace saya
