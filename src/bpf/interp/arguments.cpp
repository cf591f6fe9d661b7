// What a program may hand to a helper. The rules and many of their words are those of kernel/bpf/verifier.c,
// Linux 6.18, applied to the values that are there.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "abi/map_calls.h"
#include "interp/machine.h"
#include "map/socket_map.h"

namespace saya::interp {
namespace {

constexpr uint64_t kMaxArgumentBytes = (1u << 29) - 1;  // BPF_MAX_VAR_SIZ.

/// Arguments that point to a number of bytes that is always the same.
struct Fixed {
  abi::Arg arg;
  uint64_t bytes;
  Access access;
};
constexpr Fixed kFixed[] = {
    {abi::Arg::u16_out,     2,  Access::write},
    {abi::Arg::u32_inout,   4,  Access::write},
    {abi::Arg::u64_out,     8,  Access::write},
    {abi::Arg::bytes16,     16, Access::read },
    {abi::Arg::bytes20,     20, Access::read },
    {abi::Arg::bytes40,     40, Access::read },
    {abi::Arg::bytes16_out, 16, Access::write},
    {abi::Arg::bytes64_out, 64, Access::write},
};

constexpr abi::Arg kNullable[] = {abi::Arg::ctx_or_null,    abi::Arg::map_value_or_null, abi::Arg::buffer_or_null,
                                  abi::Arg::socket_or_null, abi::Arg::object_or_null,    abi::Arg::any_object_or_null};

/// `size`: of the memory, which must be 0 for some.
bool may_be_null(abi::Arg wanted, uint64_t size) {
  return std::ranges::find(kNullable, wanted) != std::end(kNullable) ||
         (wanted == abi::Arg::memory_or_null && size == 0);
}

}  // namespace

/// As refuse_argument(), of a map, which must be the one that a field before it belongs to. `map` becomes it.
std::string Machine::refuse_map_argument(const abi::HelperSpec& helper, abi::Arg wanted, uint64_t value,
                                         const Map*& map) const {
  const Map* const owner = std::exchange(map, map_at(value));
  if (!map) return ", which is no map of this program";
  if (owner && owner != map)
    return fmt::format(" = map '{}', which doesn't match the map of the field", map->spec().name);
  return refuse_map(helper, wanted, *map);
}

/// As refuse_argument(), of a map: those whose elements are no bytes go to few helpers.
std::string Machine::refuse_map(const abi::HelperSpec& helper, abi::Arg wanted, const Map& map) const {
  const MapSpec& spec = map.spec();
  if (wanted == abi::Arg::prog_array && spec.type != static_cast<uint32_t>(MapKind::prog_array))
    return fmt::format(" = map '{}', expected prog array map for tail call", spec.name);
  if (abi::takes_map(helper.id, spec.type)) return {};
  return fmt::format(" = map '{}', cannot pass map_type {} into func {}#{}", spec.name, spec.type,
                     abi::full_name(helper), helper.id);
}

bool Machine::check_arguments(const Op* op, const abi::HelperSpec& helper, const Registers& r) noexcept {
  const Map* map = nullptr;
  if (const std::string_view why = refuse_while_locked(helper, r); !why.empty()) {
    fault(op, fmt::format("is not allowed: {}", why));
    return false;
  }
  for (size_t i = 0; i < helper.args.size() && helper.args[i] != abi::Arg::none; ++i) {
    const std::string why = refuse_argument(helper, r, i, map);
    if (why.empty()) continue;
    fault(op, fmt::format("hands {} R{}{}", abi::full_name(helper), i + 1, why));
    return false;
  }
  return true;
}

/// Empty when argument `i` may be handed over, else its value and what is wrong with it. `map` carries the map argument
/// on to the key and value that it sizes.
std::string Machine::refuse_argument(const abi::HelperSpec& helper, const Registers& r, size_t i, const Map*& map) {
  using abi::Arg;
  const Arg wanted = helper.args[i];
  const uint64_t value = r[i + 1];
  const uint64_t size = i + 2 < r.size() ? r[i + 2] : 0;
  if (value == 0 && may_be_null(wanted, size)) return {};
  const auto* const fixed = std::ranges::find(kFixed, wanted, &Fixed::arg);
  if (fixed != std::end(kFixed)) return refuse_span(helper, value, fixed->bytes, fixed->access);
  switch (wanted) {
    case Arg::ctx_or_null:
    case Arg::ctx: return refuse_ctx(value);
    case Arg::map:
    case Arg::prog_array: return refuse_map_argument(helper, wanted, value, map);
    case Arg::map_key: return refuse_span(helper, value, map->spec().key_size, Access::read);
    case Arg::map_value_or_null:
    case Arg::map_value:
      if (holds_sockets(map->spec().type)) return refuse_grant(value, Kind::socket);
      return refuse_span(helper, value, map->spec().value_size, Access::read);
    case Arg::map_value_out: {
      const bool asks = map->spec().type == static_cast<uint32_t>(MapKind::bloom_filter);
      return refuse_span(helper, value, map->spec().value_size, asks ? Access::read : Access::write);
    }
    case Arg::memory_or_null:
    case Arg::memory: return refuse_span(helper, value, size, Access::read);
    case Arg::buffer_or_null:
    case Arg::memory_out: return refuse_span(helper, value, size, Access::write);
    case Arg::map_memory:
      if (!map_at_value(value)) return ", which is no memory of a map: Unsupported reg type";
      return refuse_span(helper, value, size, Access::write);
    case Arg::map_bytes4: return refuse_map_bytes(value, 4);
    case Arg::string: return refuse_string(helper, value);
    case Arg::dynptr: return refuse_view(value, i);
    case Arg::dynptr_out: return refuse_new_view(value);
    case Arg::socket_or_null:
    case Arg::socket: return refuse_grant(value, Kind::socket);
    case Arg::record: return refuse_grant(value, Kind::record);
    case Arg::object_or_null:
    case Arg::object: return refuse_grant(value, Kind::object);
    case Arg::any_object_or_null: return granted_at(value, Kind::object) ? "" : refuse_owned(value, i);
    case Arg::owned: return refuse_owned(value, i);
    case Arg::counted:
    case Arg::per_cpu: return refuse_object(value, wanted);
    case Arg::list_head: return refuse_root(value, MapField::Kind::list_head, map);
    case Arg::rb_root: return refuse_root(value, MapField::Kind::rb_root, map);
    case Arg::rb_node: return refuse_node(value, MapField::Kind::rb_node, i, false);
    case Arg::owned_list_node: return refuse_node(value, MapField::Kind::list_node, i, true);
    case Arg::owned_rb_node: return refuse_node(value, MapField::Kind::rb_node, i, true);
    case Arg::spin_lock: return refuse_field(value, MapField::Kind::spin_lock, map);
    case Arg::timer: return refuse_field(value, MapField::Kind::timer, map);
    case Arg::kernel_pointer: return refuse_field(value, MapField::Kind::kernel_pointer, map);
    case Arg::size: return value == 0 ? " = 0, an invalid zero-sized access" : "";
    case Arg::function: return code_->is_function(value) ? "" : ", which is no function of this program";
    case Arg::none:
    case Arg::scalar:
    case Arg::anything:
    case Arg::size_or_zero: return {};
    default: return ", which nobody can check";  // kFixed has the other kinds.
  }
}

std::string Machine::refuse_ctx(uint64_t value) const {
  if (!run_->packet) return ", but this run has no packet";
  return value == reinterpret_cast<uint64_t>(run_->packet) ? "" : ", which is not the context";
}

/// As refuse_argument(), of what a helper gave.
std::string Machine::refuse_grant(uint64_t value, Kind kind) const {
  if (granted_at(value, kind)) return {};
  if (kind == Kind::socket) return ", which is no socket of this run";
  return kind == Kind::record ? ", which is no reserved record" : ", which is no object of the kernel";
}

/// As refuse_argument(), of a text in a map: it must end before the map's value does.
std::string Machine::refuse_string(const abi::HelperSpec& helper, uint64_t address) {
  if (std::string why = refuse_span(helper, address, 1, Access::read); !why.empty()) return why;
  const uint64_t left = value_.begin + value_.size - address;
  if (value_map_ && !(value_map_->spec().flags & kMapReadOnlyProgram))
    return ", which does not point to a readonly map";
  if (value_map_ && value_.contains(address, 1) && std::memchr(reinterpret_cast<const void*>(address), 0, left))
    return {};
  return ", which is no text in a map";
}

/// As refuse_argument(), of a field that only helpers may touch; `map` is told whose, null for an object's.
std::string Machine::refuse_field(uint64_t address, MapField::Kind kind, const Map*& map) {
  const std::string_view name = field_name(kind);
  const Home home = home_of(address);
  if (home.begin == 0) return fmt::format(", which is no {} of a map value", name);
  map = home.map;
  const std::string owner = map ? fmt::format("map '{}'", map->spec().name) : "local 'kptr'";
  const auto field = std::ranges::find(home.fields, kind, &MapField::kind);
  if (field == home.fields.end()) return fmt::format(": {} has no valid {}", owner, name);
  const MapField* const there = field_around(home, address, 1);
  if (there && there->kind == kind && home.begin + there->offset == address) return {};
  return fmt::format(": off {} doesn't point to 'struct {}' that is at {}", address - home.begin, name, field->offset);
}

/// As refuse_argument(), of aligned bytes that must lie in a map, where every run finds them again.
std::string Machine::refuse_map_bytes(uint64_t address, uint64_t bytes) const {
  Map* const map = map_at_value(address);
  const bool writable = map && !(map->spec().flags & kMapReadOnlyProgram);
  const auto last = reinterpret_cast<const std::byte*>(address + bytes - 1);
  if (writable && address % bytes == 0 && !map->value_around(last).empty()) return {};
  return ", which is no such field of a map value";
}

std::string Machine::refuse_span(const abi::HelperSpec& helper, uint64_t address, uint64_t bytes, Access access) {
  if (bytes > kMaxArgumentBytes) return fmt::format(" with {} bytes, at most {} are allowed", bytes, kMaxArgumentBytes);
  // A helper that changes the packet may move its bytes away under such an argument.
  if (bytes > 0 && frame_.contains(address, bytes) && !(helper.traits & abi::kPacketMemory))
    return ", but helper access to the packet is not allowed";
  if (touches(address, bytes, access) || find(address, bytes, access)) return {};
  return fmt::format(", which {}", where(address, bytes, access));
}

}  // namespace saya::interp
