// Elements of device and CPU maps as people write them: struct bpf_devmap_val and struct bpf_cpumap_val with names.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "run/typed_map.h"
#include "run/value_json.h"

namespace saya::run {

/// What elements may name. Empty functions know no names.
struct ElementNames {
  /// Stores program "[OBJ:]PROG" under `key`; in a device or CPU map together with `number`.
  std::function<Result<>(const MapPtr& map, uint32_t key, uint32_t number, std::string_view program)> set_program;
  /// The ifindex of a port; 0: there is none of that name.
  std::function<uint32_t(std::string_view port)> ifindex;
};

/// A device map's or CPU map's value.
struct MapTarget {
  uint32_t number = 0;
  std::string program;  ///< Empty: none.
};

/// Whether values of the map are read by read_target().
bool has_targets(const Map& map) noexcept;
/// Whether they are ports.
bool leads_to_port(const Map& map) noexcept;
/// A list of bytes, a number, a port's name, or {"ifindex" or "qsize", "bpf_prog": NAME}. Bytes tell a program by its
/// number only, so `named` must say which one it is.
Result<MapTarget> read_target(const Map& map, const Json& json, std::string_view named, const ElementNames& names);
/// The name of the program of the element under `key`; empty: it has none. Control side, when nothing runs.
std::string program_at(const Map& map, std::span<const std::byte> key);
/// "ifindex 7, program mirror".
std::string target_text(const Map& map, std::span<const std::byte> key, std::span<const std::byte> value);

}  // namespace saya::run
