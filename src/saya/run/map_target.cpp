// struct bpf_devmap_val and struct bpf_cpumap_val (include/uapi/linux/bpf.h) in the words of their members.
#include "run/map_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "abi/executable.h"
#include "base/bytes.h"
#include "base/text.h"
#include "map/redirect_map.h"

namespace saya::run {
namespace {

constexpr std::string_view kProgram = "bpf_prog";

std::unexpected<Error> invalid(std::string message) { return fail(Code::invalid_argument, std::move(message)); }

bool is_cpumap(const Map& map) { return map.spec().type == static_cast<uint32_t>(MapKind::cpumap); }

std::string_view number_name(const Map& map) { return is_cpumap(map) ? "qsize" : "ifindex"; }

Result<uint32_t> read_number(const Map& map, const Json& json, const ElementNames& names) {
  if (json.is_number_unsigned() && json.get<uint64_t>() <= std::numeric_limits<uint32_t>::max())
    return json.get<uint32_t>();
  if (json.is_string() && !is_cpumap(map)) {
    const auto& name = json.get_ref<const std::string&>();
    const uint32_t found = names.ifindex ? names.ifindex(name) : 0;
    if (found) return found;
    return fail(Code::no_such_entry, fmt::format("value: there is no port '{}'", printable(name)));
  }
  return invalid(
      fmt::format("value: {} must be a number{}", number_name(map), is_cpumap(map) ? "" : " or the name of a port"));
}

/// What saya and the kernel write in a program's place is a number of their own.
Result<> check_named(uint64_t id, std::string_view named) {
  if (id == 0 || !named.empty()) return {};
  return invalid(fmt::format("has the program with id {}; say which one that is: \"program\": \"[OBJ:]PROG\"", id));
}

Result<std::string> read_program(const Json& json, std::string_view named) {
  if (json.is_string()) return json.get<std::string>();
  const auto number = [&](const char* member) -> uint64_t {
    const auto found = json.find(member);
    return found != json.end() && found->is_number_unsigned() ? found->get<uint64_t>() : 0;
  };
  if (!json.is_object()) return invalid(fmt::format("value: {} must be a program's name", kProgram));
  SAYA_CHECK(check_named(std::max(number("fd"), number("id")), named));
  return std::string(named);
}

Result<MapTarget> read_members(const Map& map, const Json& json, std::string_view named, const ElementNames& names) {
  MapTarget target{.program = std::string(named)};
  for (const auto& [name, value] : json.items()) {
    if (name == number_name(map)) {
      SAYA_TRY(target.number, read_number(map, value, names));
    } else if (name == kProgram || name == "prog") {
      SAYA_TRY(target.program, read_program(value, named));
    } else {
      return invalid(
          fmt::format("value: what is '{}'? there are {} and {}", printable(name), number_name(map), kProgram));
    }
  }
  return target;
}

/// As `bpftool map dump` writes it.
Result<MapTarget> read_bytes(const Map& map, const Json& json, std::string_view named) {
  uint64_t word = 0;
  if (json.size() != map.spec().value_size)
    return invalid(fmt::format("value has {} bytes, must have {}", json.size(), map.spec().value_size));
  for (size_t i = json.size(); i-- > 0;) {
    const auto byte = json[i].is_string() ? parse_integer(json[i].get_ref<const std::string&>()) : std::nullopt;
    if (!byte || !byte->fits(8, false)) return invalid("value: must be a list of bytes (\"0x00\")");
    word = word << 8 | byte->magnitude;
  }
  SAYA_CHECK(check_named(word >> 32, named));
  return MapTarget{.number = static_cast<uint32_t>(word), .program = std::string(named)};
}

}  // namespace

bool has_targets(const Map& map) noexcept {
  return is_redirect_map(map.spec().type) && map.spec().type != static_cast<uint32_t>(MapKind::xskmap);
}

bool leads_to_port(const Map& map) noexcept { return has_targets(map) && !is_cpumap(map); }

Result<MapTarget> read_target(const Map& map, const Json& json, std::string_view named, const ElementNames& names) {
  if (json.is_array()) return read_bytes(map, json, named);
  if (json.is_object()) return read_members(map, json, named, names);
  SAYA_TRY(const uint32_t number, read_number(map, json, names));
  return MapTarget{.number = number, .program = std::string(named)};
}

std::string program_at(const Map& map, std::span<const std::byte> key) {
  if (!has_targets(map)) return {};
  const auto target = static_cast<const RedirectMap&>(map).target(load<uint32_t>(key.data()));
  return target && target->program ? target->program->identity().name : "";
}

std::string target_text(const Map& map, std::span<const std::byte> key, std::span<const std::byte> value) {
  const std::string program = program_at(map, key);
  return fmt::format("{} {}{}", number_name(map), load<uint32_t>(value.data()),
                     program.empty() ? "" : ", program " + program);
}

}  // namespace saya::run
