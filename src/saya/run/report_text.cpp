// The report as tables for people.
#include <fmt/format.h>

#include <algorithm>

#include "map/host.h"
#include "map/map_of_maps.h"
#include "run/element.h"
#include "run/frame.h"
#include "run/map_json.h"
#include "run/report.h"
#include "run/table.h"

namespace saya::run {
namespace {

constexpr size_t kMostEntries = 16;  // Of a map; JSON has all of them.

std::string ports_text(const Report& report) {
  Table table({"PORT", "RECEIVED", "FROM-HOST", "DELIVERED", "TRANSMITTED", "REDIRECTED", "CONSUMED", "DROPPED"});
  for (const PortReport& port : report.ports) {
    const nic::Counters& c = port.counters;
    table.add({port.name, fmt::format("{}", c.received), fmt::format("{}", c.from_host), fmt::format("{}", c.delivered),
               fmt::format("{}", c.transmitted), fmt::format("{}", c.redirected_out), fmt::format("{}", c.consumed),
               fmt::format("{}", c.dropped_in_all())});
  }
  return table.text();
}

std::string hooks_text(const Report& report) {
  const bool timed =
      std::ranges::any_of(report.hooks, [](const HookReport& hook) { return hook.nanoseconds.has_value(); });
  std::vector<std::string> header = {"HOOK", "PREF", "PROGRAM", "VERDICT", "PACKETS"};
  if (timed) header.emplace_back("NS/PACKET");
  Table table(std::move(header));
  for (const HookReport& hook : report.hooks) {
    const std::string where = fmt::format("{} {}", hook.port, hook::to_string(hook.point));
    const std::string pref = hook::has_filters(hook.point) ? fmt::format("{}", hook.pref) : "-";
    const auto add = [&](const std::string& verdict, uint64_t count) {
      std::vector<std::string> row = {where, pref, hook.program, verdict, fmt::format("{}", count)};
      if (timed) row.push_back(hook.nanoseconds ? fmt::format("{:.0f}", *hook.nanoseconds) : "-");
      table.add(std::move(row));
    };
    for (const auto& [code, count] : hook.codes) add(name_of_code(hook, code), count);
    if (hook.other_codes) add("others", hook.other_codes);
    if (hook.faults) add("FAULT", hook.faults);
  }
  return table.text();
}

std::string drops_text(const Report& report) {
  Table table({"DROPPED", "REASON", "PACKETS", "BECAUSE"});
  for (const PortReport& port : report.ports)
    for (size_t i = 0; i < abi::kDrops; ++i) {
      const auto reason = static_cast<abi::Drop>(i);
      if (port.counters.dropped[i])
        table.add({port.name, std::string(abi::to_string(reason)), fmt::format("{}", port.counters.dropped[i]),
                   std::string(abi::words(reason))});
    }
  return table.empty() ? "" : "\n" + table.text();
}

/// The first lines of a map, and how many there would be more.
class Lines {
 public:
  /// `value()` is the text of the value; asked for only when it is shown.
  template <class Value>
  void add(std::span<const std::byte> key, Value value) {
    if (++count_ <= kMostEntries) text_ += fmt::format("  {}: {}\n", element_text(key), value());
  }
  std::string text() const {
    return count_ > kMostEntries ? text_ + fmt::format("  ... and {} more\n", count_ - kMostEntries) : text_;
  }

 private:
  size_t count_ = 0;
  std::string text_;
};

Result<> list_inner(const MapOfMaps& outer, Lines& lines) {
  return outer.for_each_inner([&](std::span<const std::byte> key, const MapPtr& inner) {
    lines.add(key, [&] { return "map " + inner->spec().name; });
  });
}

Result<> list_values(Map& map, Lines& lines) {
  return for_each(map, [&](std::span<const std::byte> key, std::span<const std::byte> value) {
    if (!says_nothing(map, value))
      lines.add(key, [&] { return has_targets(map) ? target_text(map, key, value) : element_text(value); });
  });
}

std::string map_text(Map& map) {
  Lines lines;
  const MapOfMaps* const outer = as_map_of_maps(map);
  const auto listed = outer ? list_inner(*outer, lines) : list_values(map, lines);
  return listed ? lines.text() : fmt::format("  ({})\n", listed.error().message);
}

std::string maps_text(const Report& report) {
  std::string text;
  if (report.dump) {
    for (const TypedMap& map : *report.dump) text += dump_text(map);
    return text;
  }
  for (const MapPtr& map : report.maps) {
    if (map->spec().flags & kMapReadOnlyProgram) continue;  // Constants are no news.
    const std::string entries = map_text(*map);
    if (entries.empty()) continue;
    text += fmt::format("\nMAP {} ({}, {} entries at most)\n{}", map->spec().name, map_type_name(map->spec().type),
                        map->spec().max_entries, entries);
  }
  return text;
}

std::string faults_text(const Report& report) {
  std::string text;
  for (const FaultReport& fault : report.faults) {
    const std::string times = fault.count == 1 ? "" : fmt::format(", {} times", fault.count);
    text += fmt::format("\nFAULT in {}{}: {}\n", fault.first.program, times, fault.first.message);
  }
  return text;
}

}  // namespace

std::string to_text(const Report& report) {
  std::string text = fmt::format("{} packets in {} s\n", report.packets, format_time(report.last - report.first));
  if (report.cut_frames)
    text += fmt::format("{} of them were cut when they were captured: programs saw only what was kept\n",
                        report.cut_frames);
  text += "\n" + ports_text(report);
  if (!report.hooks.empty()) text += "\n" + hooks_text(report);
  text += drops_text(report);
  text += maps_text(report);
  text += faults_text(report);
  return text;
}

std::string to_text(const PacketReport& packet) {
  return fmt::format("#{} {} {} {} bytes: {}\n", packet.number, format_time(packet.arrival), packet.port, packet.len,
                     trail_of(packet));
}

}  // namespace saya::run
