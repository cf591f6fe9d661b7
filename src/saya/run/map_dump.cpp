// Writing maps: the JSON of bpftool 7.x, and lines for people.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>

#include "abi/executable.h"
#include "base/bytes.h"
#include "map/host.h"
#include "map/map_of_maps.h"
#include "map/prog_array.h"
#include "run/element.h"
#include "run/map_json.h"

namespace saya::run {
namespace {

using Bytes = std::span<const std::byte>;

Json hex_json(Bytes bytes) {
  Json list = Json::array();
  for (const std::byte byte : bytes) list.push_back(fmt::format("0x{:02x}", byte));
  return list;
}

std::optional<Json> typed(const TypedMap& map, uint32_t type, Bytes bytes) {
  return map.btf ? value_json(*map.btf, type, bytes) : std::nullopt;
}

bool is_per_cpu(const Map& map) { return map.copies() > 1 || map_type_name(map.spec().type).contains("percpu"); }

/// One CPU's value of `value`, which has all of them.
Bytes copy_of(const Map& map, Bytes value, uint32_t cpu) {
  return value.subspan(cpu * (value.size() / map.copies()), map.spec().value_size);
}

/// {"cpu", "value"} for each CPU; nothing when one cannot be shown.
template <class Show>
std::optional<Json> per_cpu(const Map& map, Bytes value, Show show) {
  Json list = Json::array();
  for (uint32_t cpu = 0; cpu < map.copies(); ++cpu) {
    std::optional<Json> one = show(copy_of(map, value, cpu));
    if (!one) return std::nullopt;
    list.push_back({
        {"cpu",   cpu            },
        {"value", *std::move(one)}
    });
  }
  return list;
}

/// "formatted", where the types are known. Keys without a type (data sections) are left out.
std::optional<Json> formatted(const TypedMap& map, Bytes key, Bytes value) {
  Json json = Json::object();
  if (map.key_type && !key.empty()) {
    auto shown = typed(map, map.key_type, key);
    if (!shown) return std::nullopt;
    json["key"] = *std::move(shown);
  }
  const auto show = [&](Bytes bytes) { return typed(map, map.value_type, bytes); };
  const bool many = is_per_cpu(*map.map);
  auto shown = many ? per_cpu(*map.map, value, show) : show(value);
  if (!shown) return std::nullopt;
  json[many ? "values" : "value"] = *std::move(shown);
  return json;
}

Json element_json(const TypedMap& map, Bytes key, Bytes value) {
  Json json = Json::object();
  if (!key.empty()) json["key"] = hex_json(key);
  if (is_per_cpu(*map.map))
    json["values"] = *per_cpu(*map.map, value, [](Bytes bytes) { return std::optional(hex_json(bytes)); });
  else
    json["value"] = hex_json(value);
  if (auto types = formatted(map, key, value)) json["formatted"] = *std::move(types);
  if (std::string program = program_at(*map.map, key); !program.empty()) json["program"] = std::move(program);
  return json;
}

Result<> for_each_program(const ProgArray& array, const std::function<void(Bytes, const std::string&)>& visit) {
  return for_each_key(array, [&](Bytes key) {
    if (const abi::Executable* program = array.at(load<uint32_t>(key.data()))) visit(key, program->identity().name);
  });
}

/// The values of a queue or a stack in the order in which they would come out; they go back in as they were.
Result<> for_each_value(Map& map, const std::function<void(Bytes)>& visit) {
  std::vector<std::vector<std::byte>> values;
  while (values.size() < map.spec().max_entries) {
    auto value = host_take(map, {});
    if (!value) break;
    visit(*value);
    values.push_back(*std::move(value));
  }
  if (map.spec().type == static_cast<uint32_t>(MapKind::stack)) std::ranges::reverse(values);
  for (const auto& value : values) SAYA_CHECK(host_update(map, {}, value));
  return {};
}

bool has_order(const Map& map) {
  return map.spec().type == static_cast<uint32_t>(MapKind::queue) ||
         map.spec().type == static_cast<uint32_t>(MapKind::stack);
}

Result<> list(const TypedMap& map, Json& elements) {
  if (const auto* programs = dynamic_cast<const ProgArray*>(map.map.get()))
    return for_each_program(*programs, [&](Bytes key, const std::string& name) {
      elements.push_back({
          {"key",     hex_json(key)},
          {"program", name         }
      });
    });
  if (const MapOfMaps* outer = as_map_of_maps(*map.map))
    return outer->for_each_inner([&](Bytes key, const MapPtr& inner) {
      Json dumped = dump_json(inner_of(map, inner));
      elements.push_back({
          {"key",       hex_json(key)                },
          {"inner_map", inner->spec().name           },
          {"elements",  std::move(dumped["elements"])}
      });
    });
  if (has_order(*map.map))
    return for_each_value(*map.map, [&](Bytes value) { elements.push_back(element_json(map, {}, value)); });
  return for_each(*map.map, [&](Bytes key, Bytes value) { elements.push_back(element_json(map, key, value)); });
}

/// JSON with a blank behind each comma and colon.
std::string spaced(const Json& json) {
  std::string text;
  if (json.is_object()) {
    for (const auto& [name, value] : json.items())
      text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", Json(name).dump(), spaced(value));
    return "{" + text + "}";
  }
  if (json.is_array()) {
    for (const Json& value : json) text += (text.empty() ? "" : ", ") + spaced(value);
    return "[" + text + "]";
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string value_text(const TypedMap& map, uint32_t type, Bytes bytes) {
  const auto shown = typed(map, type, bytes);
  return shown ? spaced(*shown) : element_text(bytes);
}

std::string values_text(const TypedMap& map, Bytes value) {
  if (!is_per_cpu(*map.map)) return value_text(map, map.value_type, value);
  std::string text;
  for (uint32_t cpu = 0; cpu < map.map->copies(); ++cpu)
    text += fmt::format("{}cpu {} {}", cpu ? ", " : "", cpu,
                        value_text(map, map.value_type, copy_of(*map.map, value, cpu)));
  return text;
}

std::string lines_of(const TypedMap& map, const std::string& indent) {
  std::string text;
  const auto key_text = [&](Bytes key) { return value_text(map, map.key_type, key); };
  const auto list = [&]() -> Result<> {
    if (const auto* programs = dynamic_cast<const ProgArray*>(map.map.get()))
      return for_each_program(*programs, [&](Bytes key, const std::string& name) {
        text += fmt::format("{}{}: program {}\n", indent, key_text(key), name);
      });
    if (const MapOfMaps* outer = as_map_of_maps(*map.map))
      return outer->for_each_inner([&](Bytes key, const MapPtr& inner) {
        text += fmt::format("{}{}: map {}\n{}", indent, key_text(key), inner->spec().name,
                            lines_of(inner_of(map, inner), indent + "  "));
      });
    if (has_order(*map.map))
      return for_each_value(*map.map,
                            [&](Bytes value) { text += fmt::format("{}{}\n", indent, values_text(map, value)); });
    return for_each(*map.map, [&](Bytes key, Bytes value) {
      const bool target = has_targets(*map.map);
      text += fmt::format("{}{}: {}\n", indent, key_text(key),
                          target ? target_text(*map.map, key, value) : values_text(map, value));
    });
  };
  if (const auto listed = list(); !listed) text += fmt::format("{}({})\n", indent, listed.error().message);
  return text;
}

}  // namespace

Json dump_json(const TypedMap& map) {
  const MapSpec& spec = map.map->spec();
  Json elements = Json::array();
  const auto listed = list(map, elements);
  Json json = {
      {"name",        map.name                },
      {"type",        map_type_name(spec.type)},
      {"flags",       spec.flags              },
      {"key_size",    spec.key_size           },
      {"value_size",  spec.value_size         },
      {"max_entries", spec.max_entries        },
      {"elements",    std::move(elements)     }
  };
  if (!listed) json["error"] = listed.error().message;
  return json;
}

std::string dump_text(const TypedMap& map) {
  const MapSpec& spec = map.map->spec();
  return fmt::format("\nMAP {} ({}, {} entries at most)\n{}", map.name, map_type_name(spec.type), spec.max_entries,
                     lines_of(map, "  "));
}

}  // namespace saya::run
