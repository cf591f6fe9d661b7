// The report as JSON.
#include <fmt/format.h>

#include "base/bytes.h"
#include "map/host.h"
#include "map/map_of_maps.h"
#include "run/element.h"
#include "run/map_json.h"
#include "run/report.h"

namespace saya::run {
namespace {

Json element_json(std::span<const std::byte> bytes) {
  const auto number = as_number(bytes);
  return number ? Json(*number) : Json(to_hex(bytes, " "));
}

/// Where a program stands: what verdicts and hooks have in common.
Json place_json(hook::Point point, uint32_t pref, uint32_t handle) {
  Json json = {
      {"hook", hook::to_string(point)}
  };
  if (hook::has_filters(point)) {
    json["pref"] = pref;
    json["handle"] = fmt::format("{:#x}", handle);
  }
  return json;
}

Json counters_json(const PortReport& port) {
  const nic::Counters& c = port.counters;
  Json dropped = Json::object();
  for (size_t i = 0; i < abi::kDrops; ++i)
    if (c.dropped[i]) dropped[std::string(abi::to_string(static_cast<abi::Drop>(i)))] = c.dropped[i];
  return {
      {"name",           port.name         },
      {"ifindex",        port.ifindex      },
      {"received",       c.received        },
      {"from_host",      c.from_host       },
      {"redirected_in",  c.redirected_in   },
      {"cloned",         c.cloned          },
      {"split",          c.split           },
      {"delivered",      c.delivered       },
      {"transmitted",    c.transmitted     },
      {"redirected_out", c.redirected_out  },
      {"consumed",       c.consumed        },
      {"dropped",        std::move(dropped)}
  };
}

Json hook_json(const HookReport& hook) {
  Json verdicts = Json::object();
  for (const auto& [code, count] : hook.codes) verdicts[name_of_code(hook, code)] = count;
  Json json = {
      {"port", hook.port                  },
      {"hook", hook::to_string(hook.point)}
  };
  if (hook::has_filters(hook.point)) {
    json["pref"] = hook.pref;
    json["handle"] = fmt::format("{:#x}", hook.handle);
    json["direct-action"] = hook.direct_action;
  }
  json["program"] = hook.program;
  json["object"] = hook.origin;
  json["tag"] = to_hex(std::as_bytes(std::span(hook.tag)));
  json["runs"] = hook.runs;
  json["verdicts"] = std::move(verdicts);
  if (hook.other_codes) json["other_verdicts"] = hook.other_codes;
  if (hook.faults) json["faults"] = hook.faults;
  if (hook.nanoseconds) json["ns_per_packet"] = *hook.nanoseconds;
  return json;
}

Result<> list_inner(const MapOfMaps& outer, Json& entries) {
  return outer.for_each_inner([&](std::span<const std::byte> key, const MapPtr& inner) {
    entries.push_back({
        {"key", element_json(key) },
        {"map", inner->spec().name}
    });
  });
}

Result<> list_values(Map& map, Json& entries) {
  return for_each(map, [&](std::span<const std::byte> key, std::span<const std::byte> value) {
    if (!says_nothing(map, value))
      entries.push_back({
          {"key",   element_json(key)  },
          {"value", element_json(value)}
      });
  });
}

Json map_json(Map& map) {
  Json entries = Json::array();
  const MapOfMaps* const outer = as_map_of_maps(map);
  const auto listed = outer ? list_inner(*outer, entries) : list_values(map, entries);
  Json json = {
      {"name",        map.spec().name               },
      {"type",        map_type_name(map.spec().type)},
      {"key_size",    map.spec().key_size           },
      {"value_size",  map.spec().value_size         },
      {"max_entries", map.spec().max_entries        },
      {"entries",     std::move(entries)            }
  };
  if (!listed) json["error"] = listed.error().message;
  return json;
}

Json fault_json(const FaultReport& fault) {
  return {
      {"program", fault.first.program},
      {"insn",    fault.first.insn   },
      {"message", fault.first.message},
      {"count",   fault.count        }
  };
}

/// Each of `items` by `to_json`.
template <class Items, class ToJson>
Json array_of(const Items& items, ToJson to_json) {
  Json array = Json::array();
  for (const auto& item : items) array.push_back(to_json(item));
  return array;
}

/// Names out of objects may be any bytes.
std::string dump(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

}  // namespace

Json to_json(const PacketReport& packet) {
  Json verdicts = Json::array();
  for (const VerdictReport& verdict : packet.verdicts) {
    Json json = place_json(verdict.point, verdict.pref, verdict.handle);
    json["program"] = verdict.program;
    json["verdict"] = verdict.verdict;
    verdicts.push_back(std::move(json));
  }
  Json json = {
      {"number",       packet.number              },
      {"timestamp_ns", packet.arrival             },
      {"port",         packet.port                },
      {"len",          packet.len                 },
      {"verdicts",     std::move(verdicts)        },
      {"fate",         nic::to_string(packet.fate)}
  };
  if (packet.fate == nic::Fate::dropped) json["reason"] = abi::to_string(packet.reason);
  return json;
}

JsonParts to_json_parts(const Report& report) {
  Json json = {
      {"packets",  report.packets},
      {"first_ns", report.first  },
      {"last_ns",  report.last   }
  };
  if (report.cut_frames) json["cut_frames"] = report.cut_frames;
  json["ports"] = array_of(report.ports, counters_json);
  json["hooks"] = array_of(report.hooks, hook_json);
  json["maps"] = report.dump ? array_of(*report.dump, dump_json)
                             : array_of(report.maps, [](const MapPtr& map) { return map_json(*map); });
  json["faults"] = array_of(report.faults, fault_json);
  std::string text = dump(json);
  text.resize(text.size() - 2);  // "\n}"
  const std::string error = report.ended_early.empty() ? "" : ",\n  \"error\": " + dump(report.ended_early);
  return {std::move(text), error + "\n}\n"};
}

std::string to_json(const Report& report) {
  const JsonParts parts = to_json_parts(report);
  return parts.before + parts.after;
}

}  // namespace saya::run
