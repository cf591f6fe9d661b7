// `saya run` from the first byte to the report. Read run() first.
#include "run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>

#include "attach/map_programs.h"
#include "attach/pipeline.h"
#include "attach/target.h"
#include "base/published.h"
#include "run/inputs.h"
#include "run/netstate_file.h"
#include "run/timed_program.h"
#include "run/writers.h"

namespace saya::run {
namespace {

constexpr size_t kMostTimers = 1 << 20;  // Between two packets.
constexpr uint64_t kTellEvery = 1024;    // Packets, of progress.
constexpr size_t kFrames = 4096;         // 16 MiB of address space; only what is in flight is touched.

/// A port of the state file keeps its number and address; others get a number of saya's own.
Device device_of(const Netstate& netstate, std::string_view name) {
  const Interface* known = netstate.find_interface(name);
  if (!known) return {};
  return {.ifindex = known->ifindex, .mac = known->mac, .promiscuous = !known->has_mac};
}

/// One port for each name that an input mentions, in that order, then one for each that a program is for, and for each
/// other interface of the state file: redirects lead there, too.
void add_ports(World& world, const Options& options) {
  const auto add = [&](const std::string& name) {
    if (!world.nic.find(name)) world.nic.add_port(name, device_of(world.netstate, name));
  };
  for (const auto* inputs : {&options.wire, &options.host})
    for (const Input& input : *inputs) add(input.port);
  for (const attach::Placement& placement : options.placements)
    if (!placement.port.empty()) add(placement.port);
  for (const Interface& interface : world.netstate.interfaces()) add(interface.name);
  for (nic::Port& port : world.nic.ports()) {
    if (const Interface* const known = world.netstate.find_interface(port.name)) {
      port.up = known->up;
      port.mtu = known->mtu;
      port.peer = known->peer;
    }
    port.forward = options.forward;
  }
}

/// What stands between a program and who calls it.
attach::Pipeline::Wrap wrapping(const Options& options) {
  if (!options.stats) return nullptr;
  return [](abi::ExecutablePtr program) { return std::make_shared<TimedProgram>(std::move(program)); };
}

Result<> attach_all(World& world, const Options& options, attach::Pipeline& pipeline) {
  const attach::Pipeline::Wrap wrap = wrapping(options);
  for (const attach::Placement& placement : options.placements) {
    std::vector<nic::Port*> ports;
    for (nic::Port& port : world.nic.ports())
      if (placement.port.empty() || placement.port == port.name) ports.push_back(&port);
    SAYA_CHECK(pipeline.attach(placement, ports, wrap));
  }
  return pipeline.objects().check_settings();
}

/// What elements of maps may name.
ElementNames names_of(World& world, const Options& options, attach::Pipeline& pipeline) {
  return {.set_program =
              [&](const MapPtr& map, uint32_t key, uint32_t number, std::string_view program) {
                return attach::set_program(pipeline, {map, key, number, program}, wrapping(options));
              },
          .ifindex =
              [&](std::string_view port) {
                const nic::Port* const found = world.nic.find(port);
                return found ? found->device.ifindex : 0;
              }};
}

/// A second round opens the captures once more.
Result<> check_repeat(const Options& options) {
  if (options.repeat < 2) return {};
  for (const auto* inputs : {&options.wire, &options.host})
    for (const Input& input : *inputs)
      if (input.file == "-") return fail(Code::invalid_argument, "--repeat: standard input can be played once only");
  return {};
}

/// Fires the timers that are due before `moment`, each at its own time. Those beyond kMostTimers wait: one that arms
/// itself again at once must not stop the replay.
void fire_timers(World& world, const abi::Services& services, Nanoseconds moment) {
  if (world.kind == ClockKind::real) {
    world.timers.fire(world.real_clock.now(), services);
    return;
  }
  for (size_t fired = 0; fired < kMostTimers;) {
    const auto due = world.timers.next_deadline();
    if (!due || *due > moment) return;
    world.virtual_clock.advance_to(*due);
    fired += world.timers.fire(*due, services);
  }
}

/// Plays everything. Virtual time stands still while a packet is under way and jumps to the next event after it; in
/// real time every frame is due at once.
Result<> play(World& world, const abi::Services& services, Inputs& inputs, nic::Datapath& datapath, EventReader* events,
              const Recorder::Sinks& sinks, Report& report) {
  Reader reader;
  for (bool more = true; more;) {
    while (const auto next = inputs.next_arrival()) {
      fire_timers(world, services, *next);
      world.virtual_clock.advance_to(world.kind == ClockKind::real ? std::numeric_limits<Nanoseconds>::max() : *next);
      size_t arrived = 0;
      for (nic::Port* const port : inputs.ports()) arrived += datapath.poll(*port, world.burst());
      if (arrived == 0) return fail(Code::out_of_memory, fmt::format("no memory for packet {}", report.packets + 1));
      report.packets += arrived;
      if (events) SAYA_CHECK(events->drain(arrived == 1 ? report.packets : 0));
      if (sinks.progress && report.packets % kTellEvery < arrived) sinks.progress(report.packets, inputs.played());
      reader.quiescent();
    }
    SAYA_TRY(more, inputs.next_round());
  }
  return {};
}

void describe_world(const World& world, const Inputs& inputs, const std::vector<TypedMap>& maps, Report& report) {
  for (const nic::Port& port : world.nic.ports()) {
    if (std::ranges::find(inputs.ports(), &port) != inputs.ports().end() || port.counters.used())
      report.ports.push_back({port.name, port.device.ifindex, port.counters});
  }
  for (const TypedMap& map : maps) report.maps.push_back(map.map);
}

}  // namespace

Result<Report> run(const Options& options, const Recorder::Sinks& sinks) {
  SAYA_CHECK(check_writes(options));
  SAYA_CHECK(check_repeat(options));
  SAYA_TRY(std::unique_ptr<Pool> pool, Pool::create(kFrames));
  World world(std::move(pool), options);
  SAYA_TRY(world.netstate, read_netstate(options.netstate));
  for (const Connection& connection : world.netstate.connections()) world.flows.add(connection);
  add_ports(world, options);
  Inputs inputs(world, options);
  SAYA_CHECK(inputs.open());

  SAYA_TRY(const program::Target target, attach::choose_target(options.btf));
  const auto is_port = [&world](uint32_t ifindex) { return world.nic.find(ifindex) != nullptr; };
  const MapWorld map_world{.nr_cpus = 1, .hash_key = world.random.next(), .is_port = is_port};
  const auto pipeline = std::make_shared<attach::Pipeline>(map_world, target, options.settings);
  SAYA_CHECK(attach_all(world, options, *pipeline));
  const std::vector<TypedMap> maps = typed_maps(pipeline->objects());
  SAYA_TRY(std::vector<TypedMap> dumped, choose_maps(options.dump, maps));
  SAYA_CHECK(load_maps(options.maps, maps, map_world, names_of(world, options, *pipeline)));
  SAYA_TRY(EventReader events, EventReader::open(options.events ? maps : std::vector<TypedMap>{}, sinks.event));

  Writers writers;
  SAYA_CHECK(writers.open(world, options));
  Recorder recorder(world.nic, sinks, writers.captures());
  const abi::Services services{.clock = &world.program_clock(),
                               .random = &world.random,
                               .timers = &world.timers,
                               .netstate = &world.netstate,
                               .flows = &world.flows,
                               .listener = &recorder};
  nic::Datapath datapath(world.nic, services, &recorder);
  inputs.tell(recorder);

  Report report{.programs = pipeline};
  const RealClock stopwatch;
  const Nanoseconds start = stopwatch.now();
  SAYA_CHECK(play(world, services, inputs, datapath, options.events ? &events : nullptr, sinks, report));
  report.elapsed = stopwatch.now() - start;
  report.cut_frames = inputs.cut_frames();
  report.ended_early = inputs.early_end();
  SAYA_CHECK(recorder.status());
  SAYA_CHECK(writers.close());
  recorder.fill(report);
  describe_world(world, inputs, maps, report);
  if (!options.dump.empty()) report.dump = std::move(dumped);
  return report;
}

}  // namespace saya::run
