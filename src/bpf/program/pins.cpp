// Pins of this process, and the paths of pins. iproute2's built-in loader (lib/bpf_legacy.c, 6.1) has the scheme.
#include "program/pins.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"

namespace saya::program {
namespace {

constexpr size_t kLongestName = 255;  // NAME_MAX.

/// A BPF file system keeps names with a dot for itself (kernel/bpf/inode.c), and so "." and ".." are none.
bool may_stand_in_path(char c) { return c > ' ' && c <= '~' && c != '/' && c != '.'; }

Result<> check_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName)
    return fail(Code::invalid_argument,
                fmt::format("the name of a pin has {} characters, must be 1..{}", name.size(), kLongestName));
  if (std::ranges::all_of(name, may_stand_in_path)) return {};
  return fail(
      Code::invalid_argument,
      fmt::format("'{}' cannot be pinned: the name of a pin has no '/', no '.' and no blanks", printable(name)));
}

/// The folder below the mount; empty for none.
Result<std::string> folder_of(const object::Object& object, const object::MapDefinition& map, const PinScheme& scheme) {
  switch (map.pinning) {
    case object::Pinning::none: return std::string();
    case object::Pinning::by_name:
    case object::Pinning::replace: return std::string("tc/globals");
    case object::Pinning::object:
      if (object.digest.empty())
        return fail(Code::invalid_argument, "a map is pinned for its file, whose digest is unknown");
      return "tc/" + object.digest;
    case object::Pinning::custom: break;
  }
  const auto custom = scheme.folders.find(map.pinning_number);
  return custom == scheme.folders.end() ? std::string() : custom->second;
}

}  // namespace

Result<std::optional<std::string>> pin_path(const object::Object& object, const object::MapDefinition& map,
                                            const PinScheme& scheme) {
  SAYA_TRY(const std::string folder, folder_of(object, map, scheme));
  if (folder.empty()) return std::nullopt;
  SAYA_CHECK(check_name(map.spec.name));
  return fmt::format("{}/{}/{}", scheme.mount, folder, map.spec.name);
}

Result<MapPtr> MemoryPins::find(const std::string& path) {
  const auto found = maps_.find(path);
  return found == maps_.end() ? nullptr : found->second;
}

Result<> MemoryPins::put(const std::string& path, MapPtr map) {
  if (maps_.emplace(path, std::move(map)).second) return {};
  return fail(Code::already_exists, fmt::format("{}: there is a pin already", path));
}

Result<> MemoryPins::replace(const std::string& path, MapPtr map) {
  maps_[path] = std::move(map);
  return {};
}

Result<> MemoryPins::remove(const std::string& path) {
  if (maps_.erase(path)) return {};
  return fail(Code::no_such_entry, fmt::format("{}: there is no pin", path));
}

Result<std::vector<std::string>> MemoryPins::list() {
  std::vector<std::string> paths;
  for (const auto& [path, map] : maps_) paths.push_back(path);
  return paths;
}

}  // namespace saya::program
