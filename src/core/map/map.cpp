// The table of map types, and the way from a spec or from foreign memory to a Map. What a type accepts is in its file.
#include "map/map.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/kernel_errno.h"
#include "map/checks.h"
#include "map/fields.h"
#include "map/redirect_map.h"

namespace saya {
namespace {

constexpr MapType kTypes[] = {
#define SAYA_MAP_TYPE(id, name, doc) {id, #name, doc, name##_storage, open_##name},
#include "map/types.def"
};

static_assert(sizeof(MapHeader) <= kMapPayloadOffset);

/// As bpf_obj_name_cpy(), kernel/bpf/syscall.c.
bool may_stand_in_name(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.';
}

Result<> check_name(const MapSpec& spec) {
  if (std::ranges::all_of(spec.name, may_stand_in_name)) return {};
  return refuse(spec, Code::invalid_argument, "a name has letters, digits, '_' and '.' only");
}

Result<const MapType*> known_type(const MapSpec& spec) {
  if (const MapType* type = find_map_type(spec.type)) return type;
  std::string known;
  for (const MapType& type : kTypes) known += fmt::format("{}{} ({})", known.empty() ? "" : ", ", type.id, type.name);
  return refuse(spec, Code::invalid_argument, fmt::format("type {} is none of {}", spec.type, known));
}

/// Bytes of a whole region: the checks that creating and opening share.
Result<size_t> region_bytes(const MapSpec& spec, uint32_t nr_cpus) {
  SAYA_CHECK(check_name(spec));
  const auto kind = static_cast<MapKind>(spec.type);
  if (spec.map_extra != 0 && kind != MapKind::bloom_filter && kind != MapKind::arena)
    return refuse(spec, Code::invalid_argument, fmt::format("map_extra is {:#x}, must be 0", spec.map_extra));
  SAYA_TRY(const MapType* type, known_type(spec));
  SAYA_CHECK(check_range(spec, "nr_cpus", nr_cpus, 1, kMapMostCpus, Code::invalid_argument));
  SAYA_TRY(const size_t payload, type->storage(spec, nr_cpus));
  SAYA_CHECK(check_fields(spec));
  return kMapPayloadOffset + payload;
}

MapHeader header_of(const MapSpec& spec, const MapWorld& world) {
  MapHeader header{kMapMagic,
                   kMapVersion,
                   spec.type,
                   spec.key_size,
                   spec.value_size,
                   spec.max_entries,
                   spec.flags,
                   world.nr_cpus,
                   0,
                   {},
                   spec.map_extra,
                   0};
  if (!(spec.flags & kMapZeroSeed)) header.hash_key = world.hash_key;
  std::ranges::copy(spec.name, header.name);
  return header;
}

Result<MapSpec> spec_of(const MapHeader& header) {
  if (header.magic != kMapMagic)
    return fail(Code::malformed, fmt::format("no map: magic is {:#x}, must be {:#x}", header.magic, kMapMagic));
  if (header.version != kMapVersion)
    return fail(Code::unsupported, fmt::format("a map of version {}, this saya reads {}", header.version, kMapVersion));
  const auto end = std::ranges::find(header.name, '\0');
  if (end == std::end(header.name)) return fail(Code::malformed, "a map's name does not end");
  return MapSpec{.name = std::string(std::begin(header.name), end),
                 .type = header.type,
                 .key_size = header.key_size,
                 .value_size = header.value_size,
                 .max_entries = header.max_entries,
                 .flags = header.flags,
                 .map_extra = header.map_extra};
}

/// The data of a ring appear twice, one after the other; only memory behind a descriptor can.
bool is_ring(uint32_t type) {
  return type == static_cast<uint32_t>(MapKind::ringbuf) || type == static_cast<uint32_t>(MapKind::user_ringbuf);
}

}  // namespace

int Map::take(const std::byte*, std::byte*, uint64_t) noexcept { return -ENOTSUPP; }
bool Map::visit_bucket(uint32_t, uint32_t, Visit, void*) noexcept { return true; }
int Map::push(const std::byte*, uint64_t) noexcept { return -ENOTSUPP; }
int Map::pop(std::byte*) noexcept { return -ENOTSUPP; }
int Map::peek(std::byte*) noexcept { return -ENOTSUPP; }

std::span<const MapType> map_types() noexcept { return kTypes; }

const MapType* find_map_type(uint32_t id) noexcept {
  const auto* row = std::ranges::find(kTypes, id, &MapType::id);
  return row == std::end(kTypes) ? nullptr : row;
}

Result<MapPtr> create_map(const MapSpec& wanted, const MapWorld& world) {
  MapSpec spec = wanted;
  spec.name.resize(std::min(spec.name.size(), sizeof(MapHeader::name) - 1));
  SAYA_TRY(const size_t bytes, region_bytes(spec, world.nr_cpus));
  auto region =
      world.shareable || is_ring(spec.type) ? Region::memfd("saya-map-" + spec.name, bytes) : Region::reserve(bytes);
  if (!region) return std::unexpected(std::move(region).error().at(fmt::format("map '{}'", spec.name)));
  store(region->data(), header_of(spec, world));
  const MapType* type = find_map_type(spec.type);
  SAYA_TRY(MapPtr map, type->open(std::move(spec), MapMemory(*std::move(region))));
  if (RedirectMap* const redirects = as_redirect_map(*map)) redirects->know_ports(world.is_port);
  return map;
}

Result<MapPtr> open_map(Region region) {
  if (region.size() < kMapPayloadOffset)
    return fail(Code::malformed, fmt::format("no map: {} bytes, a header has {}", region.size(), kMapPayloadOffset));
  MapMemory memory(std::move(region));
  SAYA_TRY(MapSpec spec, spec_of(memory.header()));
  SAYA_TRY(const size_t bytes, region_bytes(spec, memory.header().nr_cpus));
  if (memory.region().size() < bytes)
    return refuse(spec, Code::malformed, fmt::format("{} bytes, needs {}", memory.region().size(), bytes));
  const MapType* type = find_map_type(spec.type);
  return type->open(std::move(spec), std::move(memory));
}

}  // namespace saya
