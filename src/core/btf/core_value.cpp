// The numbers that a path comes to: offsets, sizes, signs, shifts, enumerators. Formulas of bpf_core_calc_relo() of
// libbpf 1.x on a little-endian machine; its arithmetic is of 32 bits.
#include <fmt/format.h>

#include "btf/core_spec.h"

namespace saya::btf {
namespace {

constexpr uint8_t kSigned = 1;
constexpr uint32_t kMaxLoad = 8;  ///< Bytes that one load can take.

/// Where the bytes lie that hold a field, and where the field lies in them.
struct Place {
  uint32_t byte_offset;
  uint32_t bytes;
  uint32_t bit_offset;  ///< From the type's beginning.
  uint32_t bits;
  bool bit_field;
};

/// The least load of a power of two that holds all of a bit-field, beginning with its type's size.
Result<Place> place_bit_field(const Type& type, uint32_t bit_offset, uint32_t bits) {
  uint32_t bytes = type.size;
  if (bytes == 0) return fail(Code::malformed, fmt::format("a bit-field of {} without a size", type.name));
  const auto start = [&] { return bit_offset / 8 / bytes * bytes; };
  while (bit_offset + bits - start() * 8 > bytes * 8) {
    if (bytes >= kMaxLoad) return fail(Code::unsupported, "the bit-field needs more than one load");
    bytes *= 2;
  }
  return Place{start(), bytes, bit_offset, bits, true};
}

Result<Place> place_of(const Btf& btf, const Spec& spec, const Member& member) {
  const uint32_t id = btf.resolve(member.type);
  if (member.size > 0) return place_bit_field(btf.type(id), spec.bit_offset, member.size);
  SAYA_TRY(const uint32_t bytes, known_size(btf, id));
  return Place{spec.bit_offset / 8, bytes, spec.bit_offset, bytes * 8, false};
}

bool is_signed(const Type& type) {
  return is_enumeration(type.kind) ? type.flag : type.kind == Kind::integer && (type.encoding & kSigned) != 0;
}

Result<CoreValue> element_value(const Btf& btf, CoreKind kind, const Spec& spec) {
  const uint32_t id = spec.accessors.back().type;
  SAYA_TRY(const uint32_t size, known_size(btf, id));
  if (kind == CoreKind::field_byte_size) return CoreValue{.value = size};
  if (kind == CoreKind::field_byte_offset)
    return CoreValue{.value = spec.bit_offset / 8, .field_size = size, .field_type = id};
  return fail(Code::unsupported, "an array element has only an offset, a size and existence");
}

Result<CoreValue> member_value(const Btf& btf, CoreKind kind, const Spec& spec) {
  const Accessor& last = spec.accessors.back();
  const Member& member = btf.type(last.type).members[last.index];
  SAYA_TRY(const Place place, place_of(btf, spec, member));
  const uint32_t id = btf.resolve(member.type);
  switch (kind) {
    case CoreKind::field_byte_offset:
      if (place.bit_field) return CoreValue{.value = place.byte_offset, .check = false};
      return CoreValue{.value = place.byte_offset, .field_size = place.bytes, .field_type = id};
    case CoreKind::field_byte_size: return CoreValue{.value = place.bytes, .check = !place.bit_field};
    case CoreKind::field_signed: return CoreValue{.value = is_signed(btf.type(id))};
    case CoreKind::field_lshift_u64:
      return CoreValue{.value = 64 - (place.bit_offset + place.bits - place.byte_offset * 8),
                       .check = !place.bit_field};
    case CoreKind::field_rshift_u64: return CoreValue{.value = 64 - place.bits};
    default: return fail(Code::unsupported, "no relocation of a field");
  }
}

Result<CoreValue> field_value(const Btf& btf, CoreKind kind, const Spec* spec) {
  if (kind == CoreKind::field_exists) return CoreValue{.value = spec ? 1u : 0u};
  if (!spec) return CoreValue{.poison = true};
  return spec->accessors.back().name.empty() ? element_value(btf, kind, *spec) : member_value(btf, kind, *spec);
}

Result<CoreValue> type_value(const Btf& btf, CoreKind kind, const Spec* spec) {
  // Linking object files renumbers types, so nothing can be said about the number that the compiler wrote.
  if (kind == CoreKind::type_id_target) return CoreValue{.value = spec ? spec->root : 0, .check = false};
  if (!spec) return CoreValue{.value = 0};
  if (kind != CoreKind::type_size) return CoreValue{.value = 1};
  SAYA_TRY(const uint32_t size, known_size(btf, spec->root));
  return CoreValue{.value = size};
}

Result<CoreValue> enum_value(const Btf& btf, CoreKind kind, const Spec* spec) {
  if (kind == CoreKind::enum_value_exists) return CoreValue{.value = spec ? 1u : 0u};
  if (!spec) return CoreValue{.poison = true};
  const Accessor& only = spec->accessors.front();
  const Type& type = btf.type(only.type);
  const int64_t value = type.members[only.index].value;
  // Enumerators of 32 bits are sign-extended, whatever their enumeration says.
  const bool narrow = type.kind == Kind::enumeration;
  return CoreValue{.value = static_cast<uint64_t>(narrow ? static_cast<int32_t>(value) : value)};
}

}  // namespace

Result<CoreValue> value_of(const Btf& btf, CoreKind kind, const Spec* spec) {
  switch (family_of(kind)) {
    case CoreFamily::field: return field_value(btf, kind, spec);
    case CoreFamily::type: return type_value(btf, kind, spec);
    case CoreFamily::enum_value: return enum_value(btf, kind, spec);
  }
  return fail(Code::unsupported, "unknown kind");
}

}  // namespace saya::btf
