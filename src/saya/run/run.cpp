// `saya run` from the first byte to the report. Read run() first.
#include "run/run.h"

#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <set>

#include "abi/map_timers.h"
#include "attach/pipeline.h"
#include "attach/target.h"
#include "base/published.h"
#include "port/pcap.h"
#include "run/netstate_file.h"

namespace saya::run {
namespace {

constexpr size_t kMostTimers = 1 << 20;  // Between two packets.
constexpr size_t kFrames = 4096;         // 16 MiB of address space; only what is in flight is touched.

/// Everything one run owns. Members are destroyed in reverse: packets before their pool.
struct World {
  std::unique_ptr<Pool> pool;
  VirtualClock virtual_clock;
  RealClock real_clock;
  Netstate netstate;
  abi::Random random;
  abi::FlowTable flows;
  abi::MapTimers timers;
  nic::Nic nic;
  ClockKind kind;

  World(std::unique_ptr<Pool> frames, const Options& options)
      : pool(std::move(frames)), random(options.seed), flows(abi::Random(~options.seed).next()), kind(options.clock) {}

  /// What programs see as the time.
  const Clock& program_clock() const {
    return kind == ClockKind::capture ? static_cast<const Clock&>(virtual_clock) : real_clock;
  }
  /// How many packets may be under way together: in virtual time one, so that each sees what the one before it left.
  size_t burst() const { return kind == ClockKind::capture ? 1 : hook::kBurst; }
};

/// A port of the state file keeps its number and address; others get a number of saya's own.
Device device_of(const Netstate& netstate, std::string_view name) {
  const Interface* known = netstate.find_interface(name);
  if (!known) return {};
  return {.ifindex = known->ifindex, .mac = known->mac, .promiscuous = !known->has_mac};
}

std::vector<std::string> files_of(const std::vector<Input>& inputs, std::string_view port) {
  std::vector<std::string> files;
  for (const Input& input : inputs)
    if (input.port == port) files.push_back(input.file);
  return files;
}

/// One port for each name that an input mentions, in that order, with its captures at both sides.
Result<> add_ports(World& world, const Options& options) {
  for (const auto* inputs : {&options.wire, &options.host})
    for (const Input& input : *inputs)
      if (!world.nic.find(input.port)) world.nic.add_port(input.port, device_of(world.netstate, input.port));
  for (nic::Port& port : world.nic.ports()) {
    if (const Interface* const known = world.netstate.find_interface(port.name)) {
      port.up = known->up;
      port.mtu = known->mtu;
    }
    const port::World needs{*world.pool, world.virtual_clock};
    SAYA_TRY(port.wire, port::replay(files_of(options.wire, port.name), needs));
    SAYA_TRY(port.host, port::replay(files_of(options.host, port.name), needs));
    port.forward = options.forward;
  }
  return {};
}

Result<> attach_all(World& world, const Options& options, attach::Pipeline& pipeline) {
  std::vector<nic::Port*> ports;
  for (nic::Port& port : world.nic.ports()) ports.push_back(&port);
  for (const attach::Placement& placement : options.placements) SAYA_CHECK(pipeline.attach(placement, ports));
  return pipeline.objects().check_settings();
}

/// When the next packet arrives; nothing once all captures are at their end.
std::optional<Nanoseconds> next_arrival(const World& world) {
  std::optional<Nanoseconds> next;
  for (const nic::Port& port : world.nic.ports())
    for (const port::Queue* queue : {port.wire.get(), port.host.get()})
      if (const auto arrival = queue->next_arrival(); arrival && (!next || *arrival < *next)) next = arrival;
  return next;
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
Result<> play(World& world, const abi::Services& services, nic::Datapath& datapath, Reader& reader, Report& report) {
  while (const auto next = next_arrival(world)) {
    fire_timers(world, services, *next);
    world.virtual_clock.advance_to(world.kind == ClockKind::real ? std::numeric_limits<Nanoseconds>::max() : *next);
    size_t arrived = 0;
    for (nic::Port& port : world.nic.ports()) arrived += datapath.poll(port, world.burst());
    if (arrived == 0) return fail(Code::out_of_memory, fmt::format("no memory for packet {}", report.packets + 1));
    report.packets += arrived;
    reader.quiescent();
  }
  return {};
}

/// What ended a capture early, if anything did: what came before it has been played all the same.
std::string early_end(const World& world) {
  for (const nic::Port& port : world.nic.ports())
    for (const port::Queue* queue : {port.wire.get(), port.host.get()})
      if (const auto status = queue->status(); !status) return status.error().message;
  return {};
}

/// Whether two words name one regular file, which writing would empty before it is read.
bool same_file(const std::string& one, const std::string& other) {
  std::error_code error;
  return std::filesystem::is_regular_file(one, error) && std::filesystem::equivalent(one, other, error);
}

/// -w must not destroy what the run reads.
Result<> check_write(const Options& options) {
  std::vector<std::string> read = {options.netstate};
  for (const auto* inputs : {&options.wire, &options.host})
    for (const Input& input : *inputs) read.push_back(input.file);
  for (const attach::Placement& placement : options.placements) read.push_back(placement.object);
  for (const std::string& file : read)
    if (same_file(file, options.write))
      return fail(Code::invalid_argument,
                  fmt::format("-w '{}' is the same file as '{}', which is read", options.write, file));
  return {};
}

Result<std::optional<CaptureWriter>> open_capture(const World& world, const Options& options) {
  const std::string& path = options.write;
  if (path.empty()) return std::nullopt;
  std::vector<std::string> names;
  for (const nic::Port& port : world.nic.ports()) names.push_back(port.name);
  SAYA_TRY(CaptureWriter writer, CaptureWriter::create(path, names));
  return std::optional(std::move(writer));
}

void describe_world(const World& world, const attach::Pipeline& pipeline, Report& report) {
  for (const nic::Port& port : world.nic.ports()) {
    report.ports.push_back({port.name, port.device.ifindex, port.counters});
    report.cut_frames += port.wire->cut_frames() + port.host->cut_frames();
  }
  std::set<const Map*> seen;  // Objects share pinned maps.
  for (const auto& [path, object] : pipeline.objects().all())
    for (const MapPtr& map : object.maps)
      if (seen.insert(map.get()).second) report.maps.push_back(map);
}

}  // namespace

Result<Report> run(const Options& options, Recorder::Sinks sinks) {
  SAYA_CHECK(check_write(options));
  SAYA_TRY(std::unique_ptr<Pool> pool, Pool::create(kFrames));
  World world(std::move(pool), options);
  SAYA_TRY(world.netstate, read_netstate(options.netstate));
  SAYA_CHECK(add_ports(world, options));

  SAYA_TRY(const program::Target target, attach::choose_target(options.btf));
  const auto is_port = [&world](uint32_t ifindex) { return world.nic.find(ifindex) != nullptr; };
  attach::Pipeline pipeline({.nr_cpus = 1, .hash_key = world.random.next(), .is_port = is_port}, target,
                            options.settings);
  SAYA_CHECK(attach_all(world, options, pipeline));

  SAYA_TRY(std::optional<CaptureWriter> capture, open_capture(world, options));
  sinks.capture = capture ? &*capture : nullptr;
  Recorder recorder(world.nic, std::move(sinks));
  const abi::Services services{.clock = &world.program_clock(),
                               .random = &world.random,
                               .timers = &world.timers,
                               .netstate = &world.netstate,
                               .flows = &world.flows,
                               .listener = &recorder};
  nic::Datapath datapath(world.nic, services, &recorder);

  Report report;
  {
    Reader reader;
    const RealClock stopwatch;
    const Nanoseconds start = stopwatch.now();
    SAYA_CHECK(play(world, services, datapath, reader, report));
    report.elapsed = stopwatch.now() - start;
  }
  report.ended_early = early_end(world);
  SAYA_CHECK(recorder.status());
  if (capture) SAYA_CHECK(capture->close());
  recorder.fill(report);
  describe_world(world, pipeline, report);
  return report;
}

}  // namespace saya::run
