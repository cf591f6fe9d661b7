// `saya run`: words into run::Options, a report onto the terminal.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>

#include "base/text.h"
#include "cli/event_log.h"
#include "cli/json_spool.h"
#include "cli/map_options.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/progress_bar.h"
#include "run/run.h"

namespace saya::cli {
namespace {

/// The words as typed, before they mean anything.
struct Words : MapWords {
  std::string object, btf, netstate, events, clock = "capture", seed = "0", repeat = "1";
  std::array<std::vector<std::string>, hook::kPoints> placements;
  std::vector<std::string> wire, host, write;
  attach::Settings settings;
  bool forward = false, verbose = false, stats = false;
};

std::string refuse_empty(const std::string& word) { return word.empty() ? "names no file" : ""; }

void declare(CLI::App& app, Words& words) {
  const auto at = [&](hook::Point point) -> auto& { return words.placements[static_cast<size_t>(point)]; };
  app.add_option("OBJ", words.object, "object or .c file that the programs come from");
  app.add_option("--xdp", at(hook::Point::xdp), "'[OBJ:]PROG [dev PORT]' at XDP")->allow_extra_args(false);
  app.add_option(
         "--ingress", at(hook::Point::ingress),
         "'[OBJ:]PROG [dev PORT] [pref N] [handle H] [protocol P] [chain N] [classid M:N] [da] [skip_sw|skip_hw]' "
         "or '[OBJ:]PROG [dev PORT] tcx [before|after [PROG]]' at tc ingress")
      ->allow_extra_args(false);
  app.add_option("--egress", at(hook::Point::egress), "the same at tc egress")->allow_extra_args(false);
  declare_settings(app, words.settings);
  declare_btf(app, words.btf);
  app.add_option("-r", words.wire, "[PORT=]FILE: packets that arrive from the wire")->allow_extra_args(false);
  app.add_option("--host", words.host, "[PORT=]FILE: packets that the host sends")->allow_extra_args(false);
  app.add_flag("--forward", words.forward,
               "packets that pass ingress go on to egress (default with egress programs only)");
  app.add_option("-w", words.write,
                 "[before=|after=|dropped=]FILE: write a pcapng with every packet as it arrived, every packet as it\n"
                 "ended (what a FILE alone means), or those that were dropped; why is the comment of a packet")
      ->allow_extra_args(false);
  declare_maps(app, words);
  app.add_option("--events", words.events,
                 "listen to ring buffers and perf event arrays, and print what comes; =FILE: there, trace lines, too")
      ->check(refuse_empty)
      ->type_name("[=FILE]");
  app.add_flag("-v", words.verbose, "a line per packet");
  app.add_option("--clock", words.clock, "time that programs see: capture or real");
  app.add_option("--seed", words.seed, "seed of everything random");
  app.add_option("--repeat", words.repeat, "play the captures so often, one time after the other");
  app.add_flag("--stats,-s", words.stats, "measure how long each program takes per packet");
  app.add_option("--netstate", words.netstate, "interfaces, addresses, routes and neighbours (JSON)")
      ->check(refuse_empty);
}

Result<> parse_placements(const Words& words, run::Options& options) {
  for (size_t i = 0; i < hook::kPoints; ++i)
    for (const std::string& text : words.placements[i]) {
      const auto point = static_cast<hook::Point>(i);
      auto placement = attach::parse_placement(point, text, words.object);
      if (!placement)
        return std::unexpected(std::move(placement).error().at(fmt::format("--{}", hook::to_string(point))));
      options.placements.push_back(*std::move(placement));
    }
  return {};
}

Result<> parse_inputs(const std::vector<std::string>& words, std::vector<run::Input>& inputs) {
  for (const std::string& word : words) {
    SAYA_TRY(run::Input input, run::parse_input(word));
    inputs.push_back(std::move(input));
  }
  return {};
}

Result<run::ClockKind> parse_clock(const std::string& word) {
  if (word == "capture") return run::ClockKind::capture;
  if (word == "real") return run::ClockKind::real;
  return fail(Code::invalid_argument, fmt::format("--clock '{}' must be capture or real", word));
}

Result<> parse_outputs(const std::vector<std::string>& words, std::vector<run::Output>& outputs) {
  for (const std::string& word : words) {
    SAYA_TRY(run::Output output, run::parse_output(word));
    outputs.push_back(std::move(output));
  }
  return {};
}

Result<uint32_t> parse_repeat(const std::string& word) {
  const auto number = parse_integer(word);
  if (number && number->fits(32, false) && number->magnitude > 0) return static_cast<uint32_t>(number->magnitude);
  return fail(Code::invalid_argument, fmt::format("--repeat '{}' is not a number in 1..{}", word, UINT32_MAX));
}

Result<uint64_t> parse_seed(const std::string& word) {
  uint64_t seed = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), seed);
  if (error == std::errc() && end == word.data() + word.size()) return seed;
  return fail(Code::invalid_argument, fmt::format("--seed '{}' is not a number in 0..{}", word, UINT64_MAX));
}

/// A port has one XDP program.
Result<> check_xdp(const std::vector<attach::Placement>& placements) {
  std::vector<std::string_view> ports;
  for (const attach::Placement& placement : placements)
    if (placement.point == hook::Point::xdp) ports.push_back(placement.port);
  const bool everywhere = std::ranges::find(ports, "") != ports.end();
  std::ranges::sort(ports);
  if (ports.size() < 2 || (!everywhere && std::ranges::adjacent_find(ports) == ports.end())) return {};
  return fail(Code::invalid_argument, fmt::format("--xdp is given {} times, a port has one XDP program", ports.size()));
}

Result<run::Options> to_options(Words& words) {
  run::Options options;
  SAYA_CHECK(words.parse());
  SAYA_CHECK(parse_placements(words, options));
  SAYA_CHECK(parse_inputs(words.wire, options.wire));
  SAYA_CHECK(parse_inputs(words.host, options.host));
  if (options.wire.empty() && options.host.empty())
    return fail(Code::invalid_argument, "no capture: give -r FILE or --host FILE");
  if (options.placements.empty()) return fail(Code::invalid_argument, "no program: give --xdp, --ingress or --egress");
  const auto count = [&](hook::Point point) { return words.placements[static_cast<size_t>(point)].size(); };
  SAYA_CHECK(check_xdp(options.placements));
  const bool only_egress = count(hook::Point::egress) && !count(hook::Point::xdp) && !count(hook::Point::ingress);
  options.forward = words.forward || only_egress;
  options.settings = words.settings;
  options.btf = words.btf;
  SAYA_CHECK(parse_outputs(words.write, options.write));
  options.maps = words.preloads;
  options.dump = words.dump;
  options.events = !words.events.empty();
  options.stats = words.stats;
  SAYA_TRY(options.repeat, parse_repeat(words.repeat));
  options.netstate = words.netstate;
  SAYA_TRY(options.clock, parse_clock(words.clock));
  SAYA_TRY(options.seed, parse_seed(words.seed));
  options.verbose = words.verbose;
  return options;
}

/// To standard error: the one figure that differs between two equal runs.
void print_rate(const run::Report& report) {
  const double seconds = static_cast<double>(report.elapsed) / 1e9;
  if (report.packets > 0 && seconds > 0)
    complain(fmt::format("{} packets in {:.3f} s: {:.0f} packets/s", report.packets, seconds,
                         static_cast<double>(report.packets) / seconds));
}

/// Who leaves da out by mistake wonders why nothing is dropped.
void warn_of_classes(const run::Report& report) {
  for (const run::HookReport& hook : report.hooks)
    if (hook::has_filters(hook.point) && !hook.direct_action)
      complain(fmt::format("{} {}: without da what '{}' returns is a class, not a verdict", hook.port,
                           hook::to_string(hook.point), hook.program));
}

/// The exit code, after a sentence for what went wrong in a run that has a report all the same.
int judge(const run::Report& report) {
  if (!report.ended_early.empty()) complain(report.ended_early);
  if (report.fault_count)
    complain(fmt::format("{} run(s) of a program broke a rule, and their packets were dropped", report.fault_count));
  return report.ended_early.empty() && report.fault_count == 0 ? kOk : kFailed;
}

/// Where -v puts packets that become JSON.
Result<std::optional<JsonSpool>> open_trail(const run::Options& options, bool json) {
  std::optional<JsonSpool> trail;
  if (options.verbose && json) {
    SAYA_TRY(trail, JsonSpool::open());
  }
  return trail;
}

Result<> print_json(const run::Report& report, JsonSpool* trail, JsonSpool* events, std::FILE* out) {
  const run::JsonParts parts = run::to_json_parts(report);
  print(parts.before, out);
  if (trail) SAYA_CHECK(trail->print_member("trail", out));
  if (events) SAYA_CHECK(events->print_member("events", out));
  print(parts.after, out);
  return {};
}

}  // namespace

int cmd_run(const Invocation& invocation) {
  Words words;
  CLI::App app;
  declare(app, words);
  if (const auto ended = parse_options(app, spell_out(invocation))) return *ended;
  const auto options = to_options(words);
  if (!options) return usage_error(invocation, options.error().message);

  // A capture on standard output has it for itself.
  const bool taken = std::ranges::any_of(options->write, [](const run::Output& each) { return each.file == "-"; });
  std::FILE* const out = taken ? stderr : stdout;
  auto log = EventLog::open(words.events, invocation.json, out);
  if (!log) return report_error(invocation, log.error());
  auto trail = open_trail(*options, invocation.json);
  if (!trail) return report_error(invocation, trail.error());
  const RealClock clock;
  ProgressBar bar(!options->verbose, clock);
  run::Recorder::Sinks sinks;
  if (*trail)
    sinks.packet = [&](const run::PacketReport& packet) { (*trail)->add(to_json(packet)); };
  else if (options->verbose)
    sinks.packet = [out](const run::PacketReport& packet) { print(to_text(packet), out); };
  sinks.trace = [&](uint64_t packet, std::string_view line) { log->trace(packet, line); };
  sinks.event = [&](const run::Event& event) { log->event(event); };
  sinks.progress = [&](uint64_t count, double played) { bar.draw(count, played); };

  const auto report = run::run(*options, sinks);
  bar.clear();
  if (!report) return report_error(invocation, report.error());
  if (auto closed = log->close(); !closed) return report_error(invocation, closed.error());
  if (options->verbose && !invocation.json) print("\n", out);
  if (!invocation.json) {
    print(run::to_text(*report), out);
  } else if (auto printed = print_json(*report, *trail ? &**trail : nullptr, log->list(), out); !printed) {
    complain(printed.error().message);
    return kFailed;
  }
  print_rate(*report);
  warn_of_classes(*report);
  return judge(*report);
}

}  // namespace saya::cli
