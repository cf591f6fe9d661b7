// The checks of the checked engine: what a program may touch, and what it may hand to a helper.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "abi/map_calls.h"
#include "interp/alu.h"
#include "interp/machine.h"
#include "interp/map_view.h"
#include "map/map_of_maps.h"
#include "map/redirect_map.h"
#include "map/socket_map.h"

namespace saya::interp {
namespace {

constexpr uint64_t kMaxArgumentBytes = (1u << 29) - 1;  // BPF_MAX_VAR_SIZ.

}  // namespace

bool Machine::find(uint64_t address, uint64_t bytes, Access access) noexcept {
  const bool found =
      std::ranges::any_of(code_->program->maps, [&](const MapPtr& map) { return find_in(*map, address); }) ||
      std::ranges::any_of(found_, [&](const Found& it) { return it.code == code_ && find_in(*it.map, address); });
  return (found || find_granted(address, bytes)) && touches(address, bytes, access);
}

/// Makes the granted memory that contains those bytes what was touched last.
bool Machine::find_granted(uint64_t address, uint64_t bytes) noexcept {
  const auto it = std::ranges::find_if(
      granted_, [&](const Granted& g) { return g.kind != Kind::dynptr && g.span.contains(address, bytes); });
  if (it == granted_.end()) return false;
  value_ = it->span;
  value_map_ = nullptr;
  value_readable_ = true;
  value_writable_ = it->writable;
  return true;
}

void Machine::grant(Kind kind, const void* begin, size_t bytes, bool writable) noexcept {
  const Granted granted{
      kind, writable, {reinterpret_cast<uint64_t>(begin), bytes}
  };
  auto it = std::ranges::find_if(
      granted_, [&](const Granted& g) { return g.kind == kind && g.span.begin == granted.span.begin; });
  if (it == granted_.end()) it = granted_.insert(granted_.end(), granted);
  it->writable = writable;
  it->span = granted.span;
  it->references = kind == Kind::socket ? it->references + 1 : 1;
  if (kind != Kind::record) return;
  it->acquired = {calling_, code_};
  ++it->owed;
}

void Machine::revoke(const void* begin) noexcept {
  std::erase_if(granted_, [&](Granted& g) {
    if (g.span.begin != reinterpret_cast<uint64_t>(begin)) return false;
    if (g.owed > 0) --g.owed;
    return --g.references == 0;
  });
  value_ = {};
}

/// Ends the grants of fragments that are no longer the packet's.
void Machine::drop_lost_fragments() noexcept {
  const auto is_lost = [this](const Granted& g) {
    if (g.kind != Kind::packet) return false;
    const auto holds = [&](const Fragment& f) {
      return Span{reinterpret_cast<uint64_t>(f.data), f.size}.contains(g.span.begin, g.span.size);
    };
    const Packet* packet = run_->packet;
    return !packet ||
           std::none_of(packet->fragments.begin(), packet->fragments.begin() + packet->fragment_count, holds);
  };
  if (std::erase_if(granted_, is_lost) > 0) value_ = {};
}

/// The grant of that kind that begins at `address`, or null.
const Machine::Granted* Machine::granted_at(uint64_t address, Kind kind) const noexcept {
  const auto it =
      std::ranges::find_if(granted_, [&](const Granted& g) { return g.kind == kind && g.span.begin == address; });
  return it == granted_.end() ? nullptr : &*it;
}

/// Makes the value of `map` that contains `address` the one that was touched last; of a value with fields, the part
/// between them, or a pointer of the kernel's, which programs may read.
bool Machine::find_in(Map& map, uint64_t address) noexcept {
  const std::span<std::byte> value = map.value_around(reinterpret_cast<const std::byte*>(address));
  if (value.empty()) return false;
  value_ = {reinterpret_cast<uint64_t>(value.data()), value.size()};
  value_map_ = &map;
  value_readable_ = !(map.spec().flags & kMapWriteOnlyProgram);
  value_writable_ = !(map.spec().flags & kMapReadOnlyProgram) && !is_redirect_map(map.spec().type);
  const uint64_t begin = value_.begin;
  for (const MapField& field : map.spec().fields) {
    const uint64_t at = begin + field.offset;
    if (address < at) {
      value_.size = at - value_.begin;
      return true;
    }
    if (address - at < field.size) {
      value_ = {at, field.size};
      value_readable_ = field.kind == MapField::Kind::kernel_pointer;
      value_writable_ = false;
      return true;
    }
    value_ = {at + field.size, begin + value.size() - at - field.size};
  }
  return true;
}

/// The map that has a value there, or null.
Map* Machine::map_around(uint64_t address) const noexcept {
  const auto has = [&](Map& map) { return !map.value_around(reinterpret_cast<const std::byte*>(address)).empty(); };
  for (const MapPtr& map : code_->program->maps)
    if (has(*map)) return map.get();
  for (const Found& it : found_)
    if (it.code == code_ && has(*it.map)) return it.map;
  return nullptr;
}

/// The field of a map value that those bytes reach into, or null.
const MapField* Machine::field_around(uint64_t address, uint64_t bytes) const noexcept {
  Map* const map = map_around(address);
  if (!map) return nullptr;
  const auto value = reinterpret_cast<uint64_t>(map->value_around(reinterpret_cast<std::byte*>(address)).data());
  const auto& fields = map->spec().fields;
  const auto it = std::ranges::find_if(fields, [&](const MapField& field) {
    return address < value + field.offset + field.size && value + field.offset < address + bytes;
  });
  return it == fields.end() ? nullptr : &*it;
}

bool Machine::in_ctx(uint64_t address) const noexcept {
  return run_->packet && code_->hook &&
         address - reinterpret_cast<uint64_t>(run_->packet) < abi::ctx_size(*code_->hook);
}

/// The context field that an access reaches, or null after a fault.
const abi::CtxField* Machine::ctx_field(const Op* op, uint64_t address, unsigned bytes, Access access) noexcept {
  const uint64_t offset = address - reinterpret_cast<uint64_t>(run_->packet);
  const abi::CtxField* field = nullptr;
  if (op->offset >= 0 && offset == static_cast<uint64_t>(op->offset))  // Through r1 as it was given: looked up before.
    field = op->ctx_field ? &abi::ctx_fields()[op->ctx_field - 1u] : nullptr;
  else
    field = abi::find_ctx_access(*code_->hook, static_cast<uint32_t>(offset), bytes, access == Access::write,
                                 code_->program->expected_attach_type == kXdpDevmap);
  if (!field) fault(op, fmt::format("makes an invalid bpf_context access off={} size={}", offset, bytes));
  return field;
}

Machine::Load Machine::load_elsewhere(const Op* op, uint64_t address, isa::Width width, bool sign,
                                      uint64_t& value) noexcept {
  const unsigned bytes = isa::bytes(width);
  if (in_ctx(address)) {
    const abi::CtxField* field = ctx_field(op, address, bytes, Access::read);
    if (!field) return Load::stopped;
    const auto offset = static_cast<uint32_t>(address - reinterpret_cast<uint64_t>(run_->packet));
    if (sign && field->access == abi::CtxAccess::packet_pointer) {  // An address has no sign to extend.
      fault(op, fmt::format("makes an invalid bpf_context access off={} size={}", offset, bytes));
      return Load::stopped;
    }
    value = abi::ctx_load(*field, *run_->packet, offset, bytes);
    if (sign) value = sign_extend(width, isa::Width::w64, value);
    return Load::done;
  }
  if (find(address, bytes, Access::read)) return Load::in_memory;
  if (const auto member = load_of_map(op, address, bytes)) {
    value = sign ? sign_extend(width, isa::Width::w64, *member) : *member;
    return Load::done;
  }
  fault_access(op, address, bytes, Access::read);
  return Load::stopped;
}

/// What the instruction reads through the pointer of a map that the program knows. Only through the pointer itself: our
/// own maps are smaller than what programs see, so an address past one may be anything.
std::optional<uint64_t> Machine::load_of_map(const Op* op, uint64_t address, unsigned bytes) const noexcept {
  if (op->offset < 0) return std::nullopt;
  const auto offset = static_cast<uint64_t>(op->offset);
  const Map* const map = map_at(address - offset);
  if (!map) return std::nullopt;
  const auto& maps = code_->program->maps;
  const auto at = std::ranges::find(maps, map, [](const MapPtr& it) { return it.get(); });
  return view_map(*map, static_cast<uint32_t>(at - maps.begin()) + 1, code_->program->map_members, offset, bytes);
}

Machine::Load Machine::store_elsewhere(const Op* op, uint64_t address, unsigned bytes, uint64_t value) noexcept {
  if (in_ctx(address)) {
    const abi::CtxField* field = ctx_field(op, address, bytes, Access::write);
    if (!field) return Load::stopped;
    const auto offset = static_cast<uint32_t>(address - reinterpret_cast<uint64_t>(run_->packet));
    abi::ctx_store(*field, *run_->packet, offset, bytes, value);
    return Load::done;
  }
  if (find(address, bytes, Access::write)) return Load::in_memory;
  fault_access(op, address, bytes, Access::write);
  return Load::stopped;
}

bool Machine::check_atomic(const Op* op, uint64_t address, unsigned bytes) noexcept {
  const bool loads = static_cast<isa::Atomic>(op->operation) == isa::Atomic::load_acquire;
  const Access access = loads ? Access::read : Access::write;
  const bool packet = frame_.contains(address, bytes);
  if (packet || in_ctx(address)) {
    fault(op, fmt::format("is a BPF_ATOMIC {} R{} {}, which is not allowed", loads ? "load from" : "store into",
                          op->dst, packet ? "pkt" : "ctx"));
    return false;
  }
  if (!touches(address, bytes, access) && !find(address, bytes, access)) {
    fault_access(op, address, bytes, access);
    return false;
  }
  if (address % bytes == 0) return true;
  fault(op, fmt::format("is an atomic access of {} bytes at {:#x}, which is misaligned", bytes, address));
  return false;
}

/// Takes one backward jump, call or callback from the budget.
bool Machine::spend(const Op* op) noexcept {
  if (!code_->checked) return true;
  if (backward_jumps_ > 0) {
    --backward_jumps_;
    return true;
  }
  fault(op, fmt::format("is past the limit of {} backward jumps and calls", limits_.backward_jumps));
  return false;
}

Map* Machine::map_at(uint64_t value) const noexcept {
  for (const MapPtr& map : code_->program->maps)
    if (reinterpret_cast<uint64_t>(map.get()) == value) return map.get();
  for (const Found& it : found_)
    if (it.code == code_ && reinterpret_cast<uint64_t>(it.map) == value) return it.map;
  return nullptr;
}

/// What a helper changed: the packet's bytes may have moved, and a map of maps may have answered with a map, which the
/// program may use from now on.
void Machine::after_helper(const abi::HelperSpec& helper, const Registers& r) {
  refresh_frame();
  if (!granted_.empty()) drop_lost_fragments();
  note_views(helper, r);
  note_lock(helper, r);
  if (helper.traits & abi::kAcquires) note_reference(r);
  if (helper.id != kMapLookup || r[0] == 0) return;
  if (!is_map_of_maps(reinterpret_cast<const Map*>(r[1])->spec().type) || map_at(r[0])) return;
  found_.push_back({code_, reinterpret_cast<Map*>(r[0])});
}

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
  const uint64_t value = r[i + 1];
  const uint64_t size = i + 2 < r.size() ? r[i + 2] : 0;
  switch (helper.args[i]) {
    case abi::Arg::none:
    case abi::Arg::scalar:
    case abi::Arg::anything: return {};
    case abi::Arg::ctx_or_null:
      if (value == 0) return {};
      [[fallthrough]];
    case abi::Arg::ctx:
      if (!run_->packet) return ", but this run has no packet";
      return value == reinterpret_cast<uint64_t>(run_->packet) ? "" : ", which is not the context";
    case abi::Arg::map:
    case abi::Arg::prog_array: return refuse_map_argument(helper, helper.args[i], value, map);
    case abi::Arg::map_key: return refuse_span(helper, value, map->spec().key_size, Access::read);
    case abi::Arg::map_value_out: {
      const bool asks = map->spec().type == static_cast<uint32_t>(MapKind::bloom_filter);
      return refuse_span(helper, value, map->spec().value_size, asks ? Access::read : Access::write);
    }
    case abi::Arg::map_value_or_null:
      if (value == 0) return {};
      [[fallthrough]];
    case abi::Arg::map_value:
      if (holds_sockets(map->spec().type))
        return granted_at(value, Kind::socket) ? "" : ", which is no socket of this run";
      return refuse_span(helper, value, map->spec().value_size, Access::read);
    case abi::Arg::memory_or_null:
      if (value == 0 && size == 0) return {};
      return refuse_span(helper, value, size, Access::read);
    case abi::Arg::memory: return refuse_span(helper, value, size, Access::read);
    case abi::Arg::buffer_or_null:
      if (value == 0) return {};
      [[fallthrough]];
    case abi::Arg::memory_out: return refuse_span(helper, value, size, Access::write);
    case abi::Arg::map_memory:
      if (!map_around(value)) return ", which is no memory of a map: Unsupported reg type";
      return refuse_span(helper, value, size, Access::write);
    case abi::Arg::u32_inout: return refuse_span(helper, value, sizeof(uint32_t), Access::write);
    case abi::Arg::u64_out: return refuse_span(helper, value, sizeof(uint64_t), Access::write);
    case abi::Arg::u16_out: return refuse_span(helper, value, sizeof(uint16_t), Access::write);
    case abi::Arg::bytes16: return refuse_span(helper, value, 16, Access::read);
    case abi::Arg::bytes20: return refuse_span(helper, value, 20, Access::read);
    case abi::Arg::bytes40: return refuse_span(helper, value, 40, Access::read);
    case abi::Arg::bytes16_out: return refuse_span(helper, value, 16, Access::write);
    case abi::Arg::bytes64_out: return refuse_span(helper, value, 64, Access::write);
    case abi::Arg::dynptr: return refuse_view(value, i);
    case abi::Arg::dynptr_out: return refuse_new_view(value);
    case abi::Arg::string: return refuse_string(helper, value);
    case abi::Arg::socket_or_null:
      if (value == 0) return {};
      [[fallthrough]];
    case abi::Arg::socket: return granted_at(value, Kind::socket) ? "" : ", which is no socket of this run";
    case abi::Arg::record: return granted_at(value, Kind::record) ? "" : ", which is no reserved record";
    case abi::Arg::object_or_null:
      if (value == 0) return {};
      [[fallthrough]];
    case abi::Arg::object: return granted_at(value, Kind::object) ? "" : ", which is no object of the kernel";
    case abi::Arg::spin_lock: return refuse_field(value, MapField::Kind::spin_lock, map);
    case abi::Arg::map_bytes4: return refuse_map_bytes(value, 4);
    case abi::Arg::timer: return refuse_field(value, MapField::Kind::timer, map);
    case abi::Arg::kernel_pointer: return refuse_field(value, MapField::Kind::kernel_pointer, map);
    case abi::Arg::size: return value == 0 ? " = 0, an invalid zero-sized access" : "";
    case abi::Arg::size_or_zero: return {};
    case abi::Arg::function: return code_->is_function(value) ? "" : ", which is no function of this program";
  }
  return {};
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

/// As refuse_argument(), of a field of a map value that only helpers may touch; `map` is told whose.
std::string Machine::refuse_field(uint64_t address, MapField::Kind kind, const Map*& map) {
  const std::string_view name = field_name(kind);
  Map* const around = map_around(address);
  if (!around) return fmt::format(", which is no {} of a map value", name);
  map = around;
  const std::string& owner = map->spec().name;
  const auto field = std::ranges::find(map->spec().fields, kind, &MapField::kind);
  if (field == map->spec().fields.end()) return fmt::format(": map '{}' has no valid {}", owner, name);
  const MapField* const there = field_around(address, 1);
  const auto value = reinterpret_cast<uint64_t>(around->value_around(reinterpret_cast<std::byte*>(address)).data());
  if (there && there->kind == kind && value + there->offset == address) return {};
  return fmt::format(": off {} doesn't point to 'struct {}' that is at {}", address - value, name, field->offset);
}

/// As refuse_argument(), of aligned bytes that must lie in a map, where every run finds them again.
std::string Machine::refuse_map_bytes(uint64_t address, uint64_t bytes) const {
  Map* const map = map_around(address);
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
