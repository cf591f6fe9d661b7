// What both types of maps of maps share: who owns an element and until when, and what may be one.
// kernel/bpf/map_in_map.c, Linux 6.18; elements are swapped as base/published.h swaps.
#include "map/map_of_maps.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "base/published.h"
#include "map/checks.h"
#include "map/host.h"

namespace saya {
namespace {

constexpr uint32_t kXskMap = 17;  // BPF_MAP_TYPE_XSKMAP.

/// One field that an inner map must share with the shape.
struct Field {
  std::string_view name;
  uint64_t (*of)(const MapSpec&);
};

/// The kernel forgets flags that restrict the creator's descriptor only.
uint64_t lasting_flags(const MapSpec& spec) { return spec.flags & ~kMapSyscallFlags; }

/// Programs may use constants for these types' bounds, unless a flag forbids it.
bool has_fixed_entries(const MapSpec& shape) {
  if (shape.type == static_cast<uint32_t>(MapKind::array)) return !(shape.flags & kMapInnerMap);
  return shape.type == kXskMap;
}

constexpr Field kFields[] = {
    {"type",        [](const MapSpec& spec) { return uint64_t{spec.type}; }                                     },
    {"key_size",    [](const MapSpec& spec) { return uint64_t{spec.key_size}; }                                 },
    {"value_size",  [](const MapSpec& spec) { return uint64_t{spec.value_size}; }                               },
    {"flags",       lasting_flags                                                                               },
    {"max_entries", [](const MapSpec& spec) { return has_fixed_entries(spec) ? uint64_t{spec.max_entries} : 0; }},
};

}  // namespace

Result<> check_shape(const MapSpec& shape, const MapSpec& inner) {
  for (const Field& field : kFields)
    if (field.of(inner) != field.of(shape))
      return refuse(
          inner, Code::invalid_argument,
          fmt::format("as an inner map its {} must be {}, it is {}", field.name, field.of(shape), field.of(inner)));
  return {};
}

Result<> check_map_of_maps(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(check_range(spec, "value_size", spec.value_size, 4, 4, Code::invalid_argument));
  if (!spec.inner) return refuse(spec, Code::invalid_argument, "what its inner maps look like is not known");
  if (is_map_of_maps(spec.inner->type))
    return refuse(spec, Code::invalid_argument, "its inner maps are maps of maps; these cannot be nested");
  if (spec.inner->type == static_cast<uint32_t>(MapKind::prog_array))
    return refuse(spec, Code::unsupported, "a prog_array cannot be an inner map");
  const MapType* type = find_map_type(spec.inner->type);
  if (!type)
    return refuse(spec, Code::invalid_argument,
                  fmt::format("its inner maps have the unknown type {}", spec.inner->type));
  auto fits = type->storage(*spec.inner, nr_cpus);
  if (!fits) return std::unexpected(std::move(fits).error().at(fmt::format("map '{}': its inner maps", spec.name)));
  return {};
}

std::string MapOfMaps::owner_key(const std::byte* key) const {
  return {reinterpret_cast<const char*>(key), spec().key_size};
}

Result<> MapOfMaps::set(std::span<const std::byte> key, MapPtr inner, uint64_t flags) {
  if (key.size() != spec().key_size)
    return refuse(spec(), Code::invalid_argument,
                  fmt::format("the key has {} bytes, must be {}", key.size(), spec().key_size));
  if (auto fits = check_shape(*spec().inner, inner->spec()); !fits)
    return std::unexpected(std::move(fits).error().at(fmt::format("map '{}'", spec().name)));
  MapPtr old;  // Outlives the lock.
  const std::lock_guard guard(changing_);
  SAYA_CHECK(explain(*this, key, link(key.data(), *inner, flags)));
  MapPtr& owner = owners_[owner_key(key.data())];
  if (owner) wait_for_readers();
  old = std::exchange(owner, std::move(inner));
  return {};
}

MapPtr MapOfMaps::get(std::span<const std::byte> key) const {
  if (key.size() != spec().key_size) return nullptr;
  const std::lock_guard guard(changing_);
  const auto owner = owners_.find(owner_key(key.data()));
  return owner == owners_.end() ? nullptr : owner->second;
}

Result<> MapOfMaps::for_each_inner(const std::function<void(std::span<const std::byte>, const MapPtr&)>& visit) const {
  return for_each_key(*this, [&](std::span<const std::byte> key) {
    if (const MapPtr inner = get(key)) visit(key, inner);
  });
}

int MapOfMaps::update(const std::byte*, const std::byte*, uint64_t, uint32_t) noexcept { return -EOPNOTSUPP; }

int MapOfMaps::erase(const std::byte* key) noexcept {
  const std::lock_guard guard(changing_);
  if (const int error = unlink(key)) return error;
  wait_for_readers();
  owners_.erase(owner_key(key));
  return 0;
}

}  // namespace saya
