// One way to listen to both kinds of maps.
#include "map/ring_events.h"

#include <algorithm>

#include "map/checks.h"
#include "map/perf_event_array.h"
#include "map/ringbuf.h"

namespace saya {
namespace {

using Visitor = std::function<void(const RingEvent&)>;

bool is(const Map& map, MapKind kind) { return map.spec().type == static_cast<uint32_t>(kind); }

Result<size_t> drain_perf(PerfEventArray& events, const Visitor& visit) {
  size_t seen = 0;
  for (uint32_t slot = 0; slot < std::min(events.nr_cpus(), events.spec().max_entries); ++slot) {
    PerfRing* const ring = events.at(slot);
    if (!ring) continue;
    SAYA_TRY(const size_t here,
             ring->drain([&](const PerfRecord& record) { visit({record.data, record.lost, ring->cpu()}); }));
    seen += here;
  }
  return seen;
}

}  // namespace

bool has_events(uint32_t type) noexcept {
  return type == static_cast<uint32_t>(MapKind::ringbuf) || type == static_cast<uint32_t>(MapKind::perf_event_array);
}

Result<> open_events(Map& map, size_t bytes) {
  if (!is(map, MapKind::perf_event_array)) return {};
  auto& events = static_cast<PerfEventArray&>(map);
  for (uint32_t cpu = 0; cpu < std::min(map.nr_cpus(), map.spec().max_entries); ++cpu)
    SAYA_CHECK(events.open(cpu, cpu, bytes));
  return {};
}

Result<size_t> drain_events(Map& map, const Visitor& visit) {
  if (is(map, MapKind::ringbuf))
    return static_cast<RingBuffer&>(map).drain([&](std::span<const std::byte> data) { visit({data, 0, 0}); });
  if (is(map, MapKind::perf_event_array)) return drain_perf(static_cast<PerfEventArray&>(map), visit);
  return refuse(map.spec(), Code::invalid_argument, "programs put no events into maps of this type");
}

}  // namespace saya
