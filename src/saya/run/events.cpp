// Events by their types. No record says what it is, so its struct is looked for in the object's BTF: it has the
// record's size, and a name that speaks of events or of the map.
#include "run/events.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "map/ring_events.h"

namespace saya::run {
namespace {

constexpr size_t kPerfRoom = 256 * 1024;  ///< Bytes of a perf event array's ring.
constexpr size_t kShown = 256;            ///< Bytes of a record in a line.

/// What people call such structs.
constexpr std::string_view kWords[] = {"event",   "evt",   "sample", "record", "msg",
                                       "message", "notif", "data",   "info",   "log"};

bool is_perf(const TypedMap& map) { return map.map->spec().type == static_cast<uint32_t>(MapKind::perf_event_array); }

/// How much the name of a struct sounds like that of what a map carries: 0 for not at all.
int likeness(std::string_view name, std::string_view map) {
  if (name.empty()) return 0;
  if (name == map || fmt::format("{}s", name) == map) return 3;
  if (name.size() > 2 && map.contains(name)) return 2;
  return std::ranges::any_of(kWords, [&](std::string_view word) { return name.contains(word); }) ? 1 : 0;
}

/// The bytes that a record of `size` bytes has in a perf event array: with its length of four, a multiple of eight.
size_t padded(size_t size) { return ((size + 4 + 7) & ~size_t{7}) - 4; }

std::string bytes_text(std::span<const std::byte> bytes) {
  return to_hex(bytes.first(std::min(bytes.size(), kShown)), " ") +
         (bytes.size() > kShown ? fmt::format(" ... ({} bytes)", bytes.size()) : "");
}

}  // namespace

std::string to_text(const Event& event) {
  const std::string place = event.packet ? fmt::format("#{} ", event.packet) : "";
  if (event.lost) return fmt::format("{}event {}: {} lost\n", place, event.map, event.lost);
  if (event.type.empty()) return fmt::format("{}event {}: {}\n", place, event.map, bytes_text(event.data));
  const auto rest = event.data.subspan(event.size);
  const std::string behind = rest.size() < sizeof(uint64_t) ? "" : " + " + bytes_text(rest);
  return fmt::format("{}event {}: {} {}{}\n", place, event.map, event.type,
                     event.value.dump(-1, ' ', false, Json::error_handler_t::replace), behind);
}

Json to_json(const Event& event) {
  Json json = Json::object();
  if (event.packet) json["packet"] = event.packet;
  json["map"] = event.map;
  json["cpu"] = event.cpu;
  if (event.lost) {
    json["lost"] = event.lost;
    return json;
  }
  json["data"] = to_hex(event.data);
  if (event.type.empty()) return json;
  json["type"] = event.type;
  json["formatted"] = event.value;
  return json;
}

Result<EventReader> EventReader::open(const std::vector<TypedMap>& maps, Sink sink) {
  EventReader reader;
  reader.sink_ = std::move(sink);
  for (const TypedMap& map : maps) {
    if (!has_events(map.map->spec().type)) continue;
    SAYA_CHECK(open_events(*map.map, kPerfRoom));
    reader.sources_.push_back({map, candidates_for(map)});
  }
  return reader;
}

std::vector<EventReader::Candidate> EventReader::candidates_for(const TypedMap& map) {
  std::vector<Candidate> candidates;
  for (uint32_t id = 1; map.btf && id < map.btf->count(); ++id) {
    const btf::Type& type = map.btf->type(id);
    if (type.kind != btf::Kind::structure || type.size == 0) continue;
    if (const int like = likeness(type.name, map.name)) candidates.push_back({id, type.size, like});
  }
  std::ranges::stable_sort(candidates, std::greater{}, &Candidate::likeness);
  return candidates;
}

/// The likeliest of the right size. Where a packet follows the record, the likeliest that fits.
const EventReader::Candidate* EventReader::type_of(const Source& source, size_t bytes) {
  const bool perf = is_perf(source.map);
  const auto exact = std::ranges::find_if(source.candidates, [&](const Candidate& candidate) {
    return bytes == (perf ? padded(candidate.size) : candidate.size);
  });
  if (exact != source.candidates.end()) return &*exact;
  const auto first = std::ranges::find_if(source.candidates, [&](const Candidate& each) { return each.size <= bytes; });
  return perf && first != source.candidates.end() ? &*first : nullptr;
}

void EventReader::decode(const Source& source, Event& event) const {
  const Candidate* const candidate = type_of(source, event.data.size());
  if (!candidate) return;
  auto value = value_json(*source.map.btf, candidate->type, event.data.first(candidate->size));
  if (!value) return;
  event.type = fmt::format("struct {}", source.map.btf->type(candidate->type).name);
  event.value = *std::move(value);
  event.size = candidate->size;
}

Result<> EventReader::drain(uint64_t packet) {
  for (const Source& source : sources_)
    SAYA_CHECK(drain_events(*source.map.map, [&](const RingEvent& record) {
      Event event{
          .map = source.map.name, .cpu = record.cpu, .packet = packet, .lost = record.lost, .data = record.data};
      if (!event.lost) decode(source, event);
      sink_(event);
    }));
  return {};
}

}  // namespace saya::run
