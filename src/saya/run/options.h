// What `saya run` is asked to do.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "attach/placement.h"
#include "attach/settings.h"
#include "base/result.h"
#include "run/map_files.h"

namespace saya::run {

/// One capture and the port that it plays on.
struct Input {
  std::string port;
  std::string file;
};
/// The name of the port that captures play on when none is given.
inline constexpr std::string_view kDefaultPort = "eth0";
/// "[PORT=]FILE". What stands before the first '=' is a port only if it could be an interface's name.
Result<Input> parse_input(std::string_view word);

/// What a capture that is written has in it.
enum class Selection : uint8_t {
  before,   ///< Every packet as it arrived.
  after,    ///< Every packet as it ended, its verdicts and its fate as comment.
  dropped,  ///< Of these, the dropped ones.
};
inline constexpr size_t kSelections = 3;
std::string_view to_string(Selection selection) noexcept;

/// One capture to write.
struct Output {
  Selection selection = Selection::after;
  std::string file;
};
/// "[before=|after=|dropped=]FILE"; without a word, after.
Result<Output> parse_output(std::string_view word);

/// Which time programs see.
enum class ClockKind : uint8_t {
  capture,  ///< The captures' timestamps: packets one at a time, timers in between; a run repeats exactly.
  real,     ///< The machine's clock; packets in full bursts, as fast as they go.
};

struct Options {
  std::string object;                         ///< Default OBJ of the placements; may be empty.
  std::vector<attach::Placement> placements;  ///< In the order given.
  attach::Settings settings;                  ///< For the objects, before their maps are created.
  std::string btf;                            ///< Types for CO-RE, as attach::choose_target() takes them.
  std::vector<Input> wire;                    ///< -r: arrive from the wire.
  std::vector<Input> host;                    ///< --host: sent by the host.
  bool forward = false;                       ///< Packets that pass ingress go on to egress.
  std::vector<Output> write;                  ///< -w: pcapng files to write.
  std::string netstate;                       ///< State file; empty for none.
  std::vector<Preload> maps;                  ///< --map: read before the first packet.
  std::vector<std::string> dump;              ///< --dump-maps: names of maps, kAllMaps for all.
  bool events = false;                        ///< Listen to ring buffers and perf event arrays.
  bool stats = false;                         ///< Measure how long each program takes.
  uint32_t repeat = 1;                        ///< How often the captures are played, one time after the other.
  ClockKind clock = ClockKind::capture;
  uint64_t seed = 0;
  bool verbose = false;  ///< A line, or a JSON object, per packet.
};

}  // namespace saya::run
