// What libbpf does between a map's definition and BPF_MAP_CREATE (bpf_object__create_maps(), tools/lib/bpf/libbpf.c,
// Linux 6.18), for the map types that the kernel has, whether saya has them or not.
#include "kernel/maps.h"

#include <fmt/format.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "base/bytes.h"
#include "map/map_of_maps.h"

namespace saya::kernel {
namespace {

constexpr uint32_t kArena = 33;  ///< BPF_MAP_TYPE_ARENA, Linux 6.9.

/// The types whose elements the kernel lets no BTF describe.
constexpr uint32_t kUntyped[] = {
    BPF_MAP_TYPE_PERF_EVENT_ARRAY,
    BPF_MAP_TYPE_CGROUP_ARRAY,
    BPF_MAP_TYPE_STACK_TRACE,
    BPF_MAP_TYPE_ARRAY_OF_MAPS,
    BPF_MAP_TYPE_HASH_OF_MAPS,
    BPF_MAP_TYPE_DEVMAP,
    BPF_MAP_TYPE_DEVMAP_HASH,
    BPF_MAP_TYPE_CPUMAP,
    BPF_MAP_TYPE_XSKMAP,
    BPF_MAP_TYPE_SOCKMAP,
    BPF_MAP_TYPE_SOCKHASH,
    BPF_MAP_TYPE_QUEUE,
    BPF_MAP_TYPE_STACK,
    kArena,
};

uint64_t page_bytes() { return static_cast<uint64_t>(::sysconf(_SC_PAGESIZE)); }

/// A ring's bytes: a power of two of whole pages. What has no such number stays, for the kernel to refuse.
uint32_t ring_bytes(uint32_t wanted) {
  const uint64_t bytes = std::max(std::bit_ceil(uint64_t{wanted}), page_bytes());
  return wanted == 0 || bytes > std::numeric_limits<uint32_t>::max() ? wanted : static_cast<uint32_t>(bytes);
}

Result<> adjust_entries(MapSpec& spec) {
  if (spec.type == BPF_MAP_TYPE_RINGBUF || spec.type == BPF_MAP_TYPE_USER_RINGBUF)
    spec.max_entries = ring_bytes(spec.max_entries);
  if (spec.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY && spec.max_entries == 0) {
    SAYA_TRY(spec.max_entries, possible_cpus());
  }
  return {};
}

/// Writes where nothing may be: to be refused, not to crash.
Result<> write_carefully(void* to, std::span<const std::byte> bytes) {
  const iovec source{const_cast<std::byte*>(bytes.data()), bytes.size()}, target{to, bytes.size()};
  const ssize_t written = ::process_vm_writev(::getpid(), &source, 1, &target, 1, 0);
  if (written < 0) return fail_errno("write to it", errno);
  if (static_cast<size_t>(written) != bytes.size())
    return fail(Code::no_space, fmt::format("write to it: {} of {} bytes went in", written, bytes.size()));
  return {};
}

/// An arena's address must be known before a program that uses it is loaded: mapping it once settles it. Its variables
/// come in the same way.
Result<> settle_arena(const MapSpec& spec, int fd, std::span<const std::byte> initial) {
  if (spec.map_extra != 0 && initial.empty()) return {};
  const size_t bytes = spec.max_entries * page_bytes();
  if (initial.size() > bytes)
    return fail(Code::invalid_argument, fmt::format("{} bytes of variables in {}", initial.size(), bytes));
  const int flags = MAP_SHARED | (spec.map_extra != 0 ? MAP_FIXED_NOREPLACE : 0);
  void* const at = ::mmap(reinterpret_cast<void*>(spec.map_extra), bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
  if (at == MAP_FAILED) return fail_errno("map its memory", errno);
  const Result<> written = initial.empty() ? Result<>() : write_carefully(at, initial);
  ::munmap(at, bytes);
  return written;
}

/// The map, described by BTF if that is known and the kernel agrees with it.
Result<Fd> create_described(const MapSpec& spec, int btf, int inner) {
  const bool typed =
      btf >= 0 && spec.value_btf_type != 0 && std::ranges::find(kUntyped, spec.type) == std::end(kUntyped);
  if (typed) {
    auto map = create_map(spec, {.btf = btf, .key = spec.key_btf_type, .value = spec.value_btf_type, .inner = inner});
    if (map) return map;
  }
  return create_map(spec, {.inner = inner});
}

/// A map like those that `outer` will hold, whose name its template need not have.
Result<Fd> create_template(const MapSpec& outer, int btf) {
  MapSpec spec = *outer.inner;
  spec.name = object_name(spec.name.empty() ? outer.name + ".inner" : spec.name);
  SAYA_CHECK(adjust_entries(spec));
  return create_described(spec, btf, -1);  // It holds no maps itself: the kernel has no maps of maps of maps.
}

/// Writes an element by index. What the kernel will read must be there: sizes come from the object.
Result<> put(int map, const MapSpec& spec, uint32_t index, std::span<const std::byte> value) {
  if (spec.key_size != sizeof index || spec.value_size != value.size())
    return fail(Code::invalid_argument, fmt::format("slot {}: keys of {} and values of {} bytes, must be {} and {}",
                                                    index, spec.key_size, spec.value_size, sizeof index, value.size()));
  return update(map, std::as_bytes(std::span(&index, 1)), value, 0);
}

Result<Fd> create_empty(MapSpec spec, int btf) {
  spec.name = object_name(spec.name);
  SAYA_CHECK(adjust_entries(spec));
  Fd inner;
  if (is_map_of_maps(spec.type) && spec.inner) {
    SAYA_TRY(inner, create_template(spec, btf));
  }
  return create_described(spec, btf, inner.get());
}

Result<> fill(const MapSpec& spec, int map, std::span<const std::byte> initial) {
  if (spec.type == kArena) return settle_arena(spec, map, initial);
  return initial.empty() ? Result<>() : put(map, spec, 0, initial);
}

Result<Fd> create_filled(const object::MapDefinition& definition, int btf) {
  SAYA_CHECK(object::check_described(definition));
  SAYA_TRY(Fd map, create_empty(definition.spec, btf));
  SAYA_CHECK(fill(definition.spec, map.get(), definition.initial));
  if (definition.frozen) SAYA_CHECK(freeze(map.get()));
  return map;
}

/// The slots of `map` that maps among `maps` fill.
Result<> fill_slots(const object::MapDefinition& definition, int map, std::span<const Result<Fd>> maps) {
  for (const object::MapSlot& slot : definition.maps) {
    if (slot.map >= maps.size())
      return fail(Code::malformed, fmt::format("slot {} is map {} of {}", slot.index, slot.map, maps.size()));
    const Result<Fd>& held = maps[slot.map];
    if (!held) return std::unexpected(Error(held.error()).at(fmt::format("slot {}", slot.index)));
    const int fd = held->get();
    SAYA_CHECK(put(map, definition.spec, slot.index, std::as_bytes(std::span(&fd, 1))));
  }
  return {};
}

std::unexpected<Error> at_map(const object::MapDefinition& definition, Error error) {
  return std::unexpected(std::move(error).at(fmt::format("map '{}'", definition.spec.name)));
}

}  // namespace

Result<Fd> create_adjusted(const MapSpec& spec, int btf) {
  SAYA_TRY(Fd map, create_empty(spec, btf));
  SAYA_CHECK(fill(spec, map.get(), {}));
  return map;
}

std::vector<Result<Fd>> create_maps(const object::Object& object, int btf) {
  std::vector<Result<Fd>> maps;
  for (const object::MapDefinition& definition : object.maps) {
    maps.push_back(create_filled(definition, btf));
    if (!maps.back()) maps.back() = at_map(definition, maps.back().error());
  }
  for (size_t i = 0; i < maps.size(); ++i) {
    if (!maps[i]) continue;
    const auto filled = fill_slots(object.maps[i], maps[i]->get(), maps);
    if (!filled) maps[i] = at_map(object.maps[i], filled.error());
  }
  return maps;
}

}  // namespace saya::kernel
