// The checks of the checked engine: what a program may touch. What it may hand to a helper is interp/arguments.cpp.
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
bool Machine::find(uint64_t address, uint64_t bytes, Access access) noexcept {
  const bool found =
      std::ranges::any_of(code_->program->maps, [&](const MapPtr& map) { return find_in(*map, address); }) ||
      std::ranges::any_of(found_, [&](const Found& it) { return it.code == code_ && find_in(*it.map, address); });
  return (found || find_granted(address, bytes) || find_object(address)) && touches(address, bytes, access);
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
  it->references = kind == Kind::socket || kind == Kind::owned ? it->references + 1 : 1;
  if (kind != Kind::record && kind != Kind::owned) return;
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

/// Makes the value of `map` that contains `address` the one that was touched last.
bool Machine::find_in(Map& map, uint64_t address) noexcept {
  const std::span<std::byte> value = map.value_around(reinterpret_cast<const std::byte*>(address));
  if (value.empty()) return false;
  value_ = {reinterpret_cast<uint64_t>(value.data()), value.size()};
  value_map_ = &map;
  value_readable_ = !(map.spec().flags & kMapWriteOnlyProgram);
  value_writable_ = !(map.spec().flags & kMapReadOnlyProgram) && !is_redirect_map(map.spec().type);
  narrow(map.spec().fields, address);
  return true;
}

/// The same of an object that programs own.
bool Machine::find_object(uint64_t address) noexcept {
  const Home object = object_around(address);
  if (object.begin == 0) return false;
  value_ = {object.begin, object.size};
  value_map_ = nullptr;
  value_readable_ = value_writable_ = true;
  narrow(object.fields, address);
  return true;
}

/// Of what was touched last and has fields, leaves the part between them that has the address, or a pointer, which
/// programs may read.
void Machine::narrow(std::span<const MapField> fields, uint64_t address) noexcept {
  const Span all = value_;
  for (const MapField& field : fields) {
    const uint64_t at = all.begin + field.offset;
    if (address < at) {
      value_.size = at - value_.begin;
      return;
    }
    if (address - at < field.size) {
      value_ = {at, field.size};
      value_readable_ = field.kind == MapField::Kind::kernel_pointer;
      value_writable_ = false;
      return;
    }
    value_ = {at + field.size, all.begin + all.size - at - field.size};
  }
}

/// The map that has a value there, or null.
Map* Machine::map_at_value(uint64_t address) const noexcept {
  const auto has = [&](Map& map) { return !map.value_around(reinterpret_cast<const std::byte*>(address)).empty(); };
  for (const MapPtr& map : code_->program->maps)
    if (has(*map)) return map.get();
  for (const Found& it : found_)
    if (it.code == code_ && has(*it.map)) return it.map;
  return nullptr;
}

/// The object of programs that has those bytes; of one with copies for each CPU, none are for all.
Home Machine::object_around(uint64_t address) const noexcept {
  const abi::Services* const services = run_->services;
  if (!services || !services->objects) return {};
  const auto found = services->objects->find(reinterpret_cast<const void*>(address));
  if (!found.begin || found.per_cpu) return {};
  return {.begin = reinterpret_cast<uint64_t>(found.begin), .size = found.type->size, .fields = found.type->fields};
}

Home Machine::home_of(uint64_t address) const noexcept {
  Map* const map = map_at_value(address);
  if (!map) return object_around(address);
  const std::span<std::byte> value = map->value_around(reinterpret_cast<const std::byte*>(address));
  return {reinterpret_cast<uint64_t>(value.data()), value.size(), map->spec().fields, map};
}

/// The field of a map value or object that those bytes reach into, or null.
const MapField* Machine::field_around(const Home& home, uint64_t address, uint64_t bytes) const noexcept {
  const auto it = std::ranges::find_if(home.fields, [&](const MapField& field) {
    return address < home.begin + field.offset + field.size && home.begin + field.offset < address + bytes;
  });
  return it == home.fields.end() ? nullptr : &*it;
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

}  // namespace saya::interp
