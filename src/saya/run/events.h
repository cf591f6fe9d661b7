// What programs tell user space while a run goes on: records of ring buffers and perf event arrays.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "run/typed_map.h"
#include "run/value_json.h"

namespace saya::run {

/// One record. `data` is valid until the sink returns.
struct Event {
  std::string map;
  uint32_t cpu = 0;
  uint64_t packet = 0;              ///< The packet under way when it was written; 0 when that is not known.
  uint64_t lost = 0;                ///< So many records found no room; then there is nothing else.
  std::span<const std::byte> data;  ///< Of a perf_event_array: with the packet's bytes, and up to 7 of padding.
  std::string type;                 ///< The struct that it holds, by the object's BTF; empty when that is not known.
  Json value;                       ///< By that type.
  size_t size = 0;                  ///< Bytes of `data` that the type describes.
};

/// "#7 event flows: struct event {...}", or the bytes in hexadecimal; with a newline.
std::string to_text(const Event& event);
Json to_json(const Event& event);

/// Listens to the maps of a run.
class EventReader {
 public:
  using Sink = std::function<void(const Event& event)>;

  /// Listens to those of `maps` that programs put events into. From now on they have room for them.
  static Result<EventReader> open(const std::vector<TypedMap>& maps, Sink sink);
  /// Hands on what has come since the last time.
  Result<> drain(uint64_t packet);

 private:
  /// A struct of the object that a record may be.
  struct Candidate {
    uint32_t type = 0;
    uint32_t size = 0;
    int likeness = 0;
  };
  struct Source {
    TypedMap map;
    std::vector<Candidate> candidates;  ///< The likeliest first.
  };

  static std::vector<Candidate> candidates_for(const TypedMap& map);
  static const Candidate* type_of(const Source& source, size_t bytes);
  void decode(const Source& source, Event& event) const;

  std::vector<Source> sources_;
  Sink sink_;
};

}  // namespace saya::run
