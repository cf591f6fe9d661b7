// Reading maps: what bpftool 7.x and saya write, and what people write by hand. Every byte of the text is hostile.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/bytes.h"
#include "base/text.h"
#include "map/host.h"
#include "map/map_of_maps.h"
#include "map/prog_array.h"
#include "run/map_json.h"

namespace saya::run {
namespace {

using Bytes = std::vector<std::byte>;

constexpr int kMostNested = 64;  ///< Lists and objects in each other.

std::unexpected<Error> invalid(std::string message) { return fail(Code::invalid_argument, std::move(message)); }

Result<Json> parse(std::string_view text) {
  bool too_deep = false;
  const Json::parser_callback_t watch = [&](int depth, Json::parse_event_t, Json&) {
    too_deep |= depth > kMostNested;
    return !too_deep;
  };
  Json json;
  try {
    json = Json::parse(text, watch);
  } catch (const Json::parse_error& error) {
    const std::string_view words = error.what();  // "[json.exception.parse_error.101] parse error at ...".
    return fail(Code::malformed, printable(words.substr(std::min(words.find("] ") + 2, words.size())), 200));
  }
  if (too_deep) return fail(Code::malformed, fmt::format("is nested deeper than {} levels", kMostNested));
  return json;
}

bool is_map(const Json& json) { return json.is_object() && json.contains("elements") && json["elements"].is_array(); }

/// The list of elements that is meant.
Result<const Json*> find_elements(const Json& json, const TypedMap& map) {
  if (is_map(json)) return &json["elements"];
  if (json.is_object() && json.contains("maps")) return find_elements(json["maps"], map);
  if (!json.is_array()) return invalid("must be a list of elements, as `bpftool map dump -j` writes it");
  const bool many = std::ranges::any_of(json, [](const Json& each) { return is_map(each) && each.contains("name"); });
  if (!many) return &json;
  for (const Json& each : json)
    if (is_map(each) && each.contains("name") && each["name"].is_string() &&
        map.is_called(each["name"].get<std::string>()))
      return &each["elements"];
  return fail(Code::no_such_entry, fmt::format("has several maps, none of them is '{}'", map.name));
}

/// "0x1f", as bpftool writes a byte.
std::optional<std::byte> byte_of(const Json& json) {
  const auto number = json.is_string() ? parse_integer(json.get_ref<const std::string&>()) : std::nullopt;
  if (!number || !number->fits(8, false) || !json.get_ref<const std::string&>().starts_with("0x")) return std::nullopt;
  return static_cast<std::byte>(number->magnitude);
}

bool is_byte_list(const Json& json) {
  return json.is_array() && std::ranges::all_of(json, [](const Json& each) { return byte_of(each).has_value(); });
}

/// A number where the bytes are one and have no type.
Result<> read_number(const Json& json, std::span<std::byte> bytes) {
  const auto number = json.is_number_integer() ? parse_integer(json.dump()) : std::nullopt;
  if (!number || bytes.size() > 8 || bytes.empty())
    return invalid(fmt::format("must be a list of {} bytes (\"0x00\"): its type is not known", bytes.size()));
  const auto bits = static_cast<unsigned>(8 * bytes.size());
  if (!number->fits(bits, number->negative))
    return invalid(fmt::format("{} is not in {}", json.dump(), range_text(bits, number->negative)));
  const uint64_t value = number->bits();
  std::memcpy(bytes.data(), &value, bytes.size());
  return {};
}

/// A key or a value, by its bytes or by its type.
Result<> read_part(const TypedMap& map, uint32_t type, const Json& json, std::span<std::byte> bytes) {
  if (is_byte_list(json) && json.size() == bytes.size()) {
    std::ranges::transform(json, bytes.begin(), [](const Json& each) { return *byte_of(each); });
    return {};
  }
  if (map.btf && type) return read_value(*map.btf, type, json, bytes);
  if (is_byte_list(json)) return invalid(fmt::format("has {} bytes, must have {}", json.size(), bytes.size()));
  return read_number(json, bytes);
}

/// Reads one element of the list into the map.
class Element {
 public:
  Element(const TypedMap& map, const Json& json, const MapWorld& world, const ElementNames& names)
      : map_(map), json_(json), world_(world), names_(names) {}

  Result<> load() {
    if (!json_.is_object()) return invalid("must be an object with a key and a value");
    if (is_error()) return {};
    SAYA_TRY(const Bytes key, read_key());
    if (MapOfMaps* outer = as_map_of_maps(*map_.map)) return load_inner(*outer, key);
    if (dynamic_cast<const ProgArray*>(map_.map.get())) return load_program(key);
    if (has_targets(*map_.map)) return load_target(key);
    SAYA_TRY(const Bytes value, read_value());
    return host_update(*map_.map, key, value);
  }

 private:
  /// What bpftool writes when an element went away under it.
  bool is_error() const {
    const Json* value = part("value");
    return value && value->is_object() && value->size() == 1 && value->contains("error") &&
           !json_.contains("formatted");
  }

  /// A member of the element, or of what bpftool calls "formatted".
  const Json* part(const char* name) const {
    if (const auto found = json_.find(name); found != json_.end()) return &*found;
    const auto formatted = json_.find("formatted");
    if (formatted == json_.end() || !formatted->is_object()) return nullptr;
    const auto found = formatted->find(name);
    return found != formatted->end() ? &*found : nullptr;
  }

  Result<Bytes> read_key() const {
    Bytes key(map_.map->spec().key_size);
    const Json* const json = part("key");
    if (!json && map_.map->spec().max_entries == 1) return key;  // Data sections have no key to speak of.
    if (!json && !key.empty()) return invalid("has no \"key\"");
    if (!json) return key;
    if (auto read = read_part(map_, map_.key_type, *json, key); !read)
      return std::unexpected(std::move(read).error().at("key"));
    return key;
  }

  Result<Bytes> read_value() const {
    const Map& map = *map_.map;
    Bytes value(host_value_size(map));
    if (const Json* one = part("value")) {  // For all CPUs, as `bpftool map update` has it.
      for (uint32_t cpu = 0; cpu < map.copies(); ++cpu) SAYA_CHECK(read_copy(*one, cpu, value));
      return value;
    }
    const Json* const all = part("values");
    if (!all) return invalid("has no \"value\"");
    if (!all->is_array()) return invalid("\"values\" must be a list with a value for each CPU");
    for (const Json& each : *all) SAYA_CHECK(read_cpu(each, value));
    return value;
  }

  Result<> read_cpu(const Json& json, Bytes& value) const {
    if (!json.is_object() || !json.contains("cpu") || !json["cpu"].is_number_unsigned() || !json.contains("value"))
      return invalid("values: each must be an object with \"cpu\" and \"value\"");
    const auto cpu = json["cpu"].get<uint64_t>();
    if (cpu < map_.map->copies()) return read_copy(json["value"], static_cast<uint32_t>(cpu), value);
    Bytes elsewhere(map_.map->spec().value_size);
    SAYA_CHECK(read_part(map_, map_.value_type, json["value"], elsewhere));
    if (std::ranges::all_of(elsewhere, [](std::byte b) { return b == std::byte{0}; })) return {};
    return invalid(fmt::format("values: CPU {} has one, and the map has CPUs 0..{} only", cpu, map_.map->copies() - 1));
  }

  Result<> read_copy(const Json& json, uint32_t cpu, Bytes& value) const {
    const size_t stride = value.size() / map_.map->copies();
    const auto bytes = std::span(value).subspan(cpu * stride, map_.map->spec().value_size);
    if (auto read = read_part(map_, map_.value_type, json, bytes); !read)
      return std::unexpected(std::move(read).error().at("value"));
    return {};
  }

  /// The name that stands as "program"; empty: none does.
  Result<std::string> read_program() const {
    const Json* const program = part("program");
    if (!program) return std::string();
    if (!program->is_string()) return invalid("\"program\" must be a program's name");
    return program->get<std::string>();
  }

  Result<> set_program(const Bytes& key, uint32_t number, std::string_view program) const {
    if (!names_.set_program) return fail(Code::unsupported, fmt::format("map '{}' gets no programs here", map_.name));
    return names_.set_program(map_.map, saya::load<uint32_t>(key.data()), number, program);
  }

  Result<> load_program(const Bytes& key) const {
    SAYA_TRY(const std::string program, read_program());
    if (program.empty()) return invalid("has no \"program\": the map holds programs, by their names");
    return set_program(key, 0, program);
  }

  Result<> load_target(const Bytes& key) const {
    SAYA_TRY(const std::string program, read_program());
    const Json* const value = part("value");
    if (!value) return invalid("has no \"value\"");
    SAYA_TRY(const MapTarget target, read_target(*map_.map, *value, program, names_));
    if (leads_to_port(*map_.map) && target.number != 0 && world_.is_port && !world_.is_port(target.number))
      return fail(Code::no_such_entry, fmt::format("value: there is no port with ifindex {}", target.number));
    if (!target.program.empty()) return set_program(key, target.number, target.program);
    Bytes bytes(map_.map->spec().value_size);
    store(bytes.data(), target.number);
    return host_update(*map_.map, key, bytes);
  }

  /// The inner map that is there, or a new one, gets the elements that stand here.
  Result<> load_inner(MapOfMaps& outer, const Bytes& key) const {
    const Json* const elements = part("elements");
    if (!elements || !elements->is_array()) return invalid("has no list \"elements\" for its inner map");
    MapPtr inner = outer.get(key);
    if (!inner) {
      SAYA_TRY(inner, create_map(*outer.spec().inner, world_));
      SAYA_CHECK(outer.set(key, inner));
    }
    const TypedMap map = inner_of(map_, std::move(inner));
    for (size_t i = 0; i < elements->size(); ++i)
      if (auto loaded = Element(map, (*elements)[i], world_, names_).load(); !loaded)
        return std::unexpected(std::move(loaded).error().at(fmt::format("element {} of the inner map", i)));
    return {};
  }

  const TypedMap& map_;
  const Json& json_;
  const MapWorld& world_;
  const ElementNames& names_;
};

}  // namespace

Result<> load_map(const TypedMap& map, std::string_view text, const MapWorld& world, const ElementNames& names) {
  if (map.frozen)
    return fail(Code::not_permitted, fmt::format("map '{}' holds constants; --set gives them other values", map.name));
  SAYA_TRY(const Json json, parse(text));
  SAYA_TRY(const Json* elements, find_elements(json, map));
  for (size_t i = 0; i < elements->size(); ++i)
    if (auto loaded = Element(map, (*elements)[i], world, names).load(); !loaded)
      return std::unexpected(std::move(loaded).error().at(fmt::format("element {}", i)));
  return {};
}

}  // namespace saya::run
