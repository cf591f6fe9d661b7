// BTF map definitions (section `.maps`), as bpf_helpers.h writes them: a struct whose members are attributes.
//
//   struct { int (*type)[2]; int (*max_entries)[8]; __u32 *key; __u64 *value; } counters SEC(".maps");
//
// A number is the length of an array that is pointed to, or the only enumerator of an enum where it may have 64 bits; a
// type is what is pointed to (libbpf, tools/lib/bpf/libbpf.c). In the convention's first weeks, and in structs that
// people moved here from section `maps`, a number is the member's own value.
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <iterator>
#include <limits>

#include "base/bytes.h"
#include "object/reading.h"

namespace saya::object {
namespace {

using btf::Btf;

constexpr std::string_view kValues = "values";    // What the map holds from the beginning: map_values.cpp.
constexpr std::string_view kPinning = "pinning";  // Not of a map that only says what others must look like.
constexpr uint32_t kLinkageExtern = 2;            ///< BTF_VAR_GLOBAL_EXTERN

struct NumberAttribute {
  std::string_view name;
  uint32_t MapSpec::* field;
};
constexpr NumberAttribute kNumbers[] = {
    {"type",        &MapSpec::type       },
    {"max_entries", &MapSpec::max_entries},
    {"map_flags",   &MapSpec::flags      },
    {"numa_node",   &MapSpec::numa_node  },
};

struct SizeAttribute {
  std::string_view name;
  uint32_t MapSpec::* size;
};
constexpr SizeAttribute kSizes[] = {
    {"key_size",   &MapSpec::key_size  },
    {"value_size", &MapSpec::value_size},
};

struct TypeAttribute {
  std::string_view name;
  uint32_t MapSpec::* size;
  uint32_t MapSpec::* btf_type;
};
constexpr TypeAttribute kTypes[] = {
    {"key",   &MapSpec::key_size,   &MapSpec::key_btf_type  },
    {"value", &MapSpec::value_size, &MapSpec::value_btf_type},
};

struct DefinitionAttribute {
  std::string_view name;
  uint32_t MapDefinition::* field;
};
constexpr DefinitionAttribute kDefinitionNumbers[] = {
    {kPinning, &MapDefinition::pinning_number},
    {"id",     &MapDefinition::id            }, // iproute2's, carried over from struct bpf_elf_map.
};

/// Names of older definitions that people carry over; tc opens objects so that libbpf passes over them.
constexpr std::string_view kIgnored[] = {"inner_id", "inner_idx", "inner_map_idx", "flags",
                                         "max_elem", "size_key",  "size_value"};
constexpr size_t kMaxAttributes = std::size(kNumbers) + std::size(kSizes) + std::size(kTypes) +
                                  std::size(kDefinitionNumbers) + std::size(kIgnored) + 2;  // map_extra, values

/// A definition as the file has it.
struct Source {
  const Btf& btf;
  const btf::Type& declared;              ///< The struct.
  std::span<const std::byte> bytes = {};  ///< From its first byte on; none of the template of inner maps.
};

/// What a pointer attribute points to.
Result<uint32_t> pointee(const Btf& btf, uint32_t type) {
  const btf::Type& pointer = btf.type(btf.resolve(type));
  if (pointer.kind != btf::Kind::pointer) return fail(Code::malformed, "must be a pointer");
  return pointer.target;
}

/// `__ulong(name, value)`: an enum of one enumerator, which may have 64 bits.
Result<uint64_t> enumerated(const btf::Type& declared) {
  if (declared.members.size() != 1)
    return fail(Code::malformed,
                fmt::format("an enum of {} enumerators, must have one, as __ulong() makes", declared.members.size()));
  return static_cast<uint64_t>(declared.members.front().value);
}

Result<uint64_t> own_value(const Source& from, const btf::Member& member, uint32_t size) {
  uint64_t value = 0;
  const size_t offset = member.offset / 8;
  if (size > sizeof value || offset > from.bytes.size() || size > from.bytes.size() - offset)
    return fail(Code::malformed, fmt::format("its {} bytes at offset {} are not in the section", size, offset));
  std::memcpy(&value, from.bytes.data() + offset, size);
  return value;
}

Result<uint64_t> number(const Source& from, const btf::Member& member) {
  const btf::Type& type = from.btf.type(from.btf.resolve(member.type));
  if (type.kind == btf::Kind::enumeration || type.kind == btf::Kind::enumeration64) return enumerated(type);
  if (type.kind == btf::Kind::integer) return own_value(from, member, type.size);
  SAYA_TRY(const uint32_t target, pointee(from.btf, member.type));
  const btf::Type& array = from.btf.type(from.btf.resolve(target));
  if (array.kind != btf::Kind::array) return fail(Code::malformed, "must be a pointer to an array, as __uint() makes");
  return array.elements;
}

Result<uint32_t> number32(const Source& from, const btf::Member& member) {
  SAYA_TRY(const uint64_t value, number(from, member));
  if (value > std::numeric_limits<uint32_t>::max())
    return fail(Code::invalid_argument,
                fmt::format("is {}, must be at most {}", value, std::numeric_limits<uint32_t>::max()));
  return static_cast<uint32_t>(value);
}

Result<> set_size(uint32_t& field, uint32_t size) {
  if (field != 0 && field != size)
    return fail(Code::invalid_argument, fmt::format("size is {}, but {} was given before", size, field));
  field = size;
  return {};
}

Result<> apply_number(const Source& from, const btf::Member& member, uint32_t& field) {
  SAYA_TRY(field, number32(from, member));
  return {};
}

Result<> apply_size(const Source& from, const btf::Member& member, uint32_t& field) {
  SAYA_TRY(const uint32_t size, number32(from, member));
  return set_size(field, size);
}

Result<> apply_type(const Source& from, const btf::Member& member, const TypeAttribute& attribute, MapSpec& spec) {
  SAYA_TRY(const uint32_t target, pointee(from.btf, member.type));
  const auto size = from.btf.size_of(target);
  // clang 13 declares some structs only; the object opens, and creating the map says that the size is missing.
  if (from.btf.type(from.btf.resolve(target)).kind == btf::Kind::forward) return {};
  if (!size) return fail(Code::malformed, fmt::format("type {} has no size", target));
  spec.*attribute.btf_type = target;
  return set_size(spec.*attribute.size, *size);
}

Result<> apply(const Source& from, const btf::Member& member, MapDefinition& map) {
  for (const NumberAttribute& row : kNumbers)
    if (row.name == member.name) return apply_number(from, member, map.spec.*row.field);
  for (const SizeAttribute& row : kSizes)
    if (row.name == member.name) return apply_size(from, member, map.spec.*row.size);
  for (const TypeAttribute& row : kTypes)
    if (row.name == member.name) return apply_type(from, member, row, map.spec);
  for (const DefinitionAttribute& row : kDefinitionNumbers)
    if (row.name == member.name) return apply_number(from, member, map.*row.field);
  if (member.name == "map_extra") {
    SAYA_TRY(map.spec.map_extra, number(from, member));
    return {};
  }
  if (member.name == kValues || std::ranges::find(kIgnored, member.name) != std::end(kIgnored)) return {};
  return fail(Code::unsupported, "is no attribute of maps");
}

std::unexpected<Error> in_attribute(Error error, std::string_view name) {
  return std::unexpected(std::move(error).at(fmt::format("attribute '{}'", name)));
}

/// All attributes but `values`, which needs the others.
Result<> read_attributes(const Source& from, MapDefinition& map) {
  // C allows each name once; without a bound, many maps could share one struct of many thousand members.
  const std::span<const btf::Member> all = from.declared.members;
  const auto attributes = std::span(all).first(std::min(all.size(), kMaxAttributes));
  for (const btf::Member& member : attributes)
    if (auto done = apply(from, member, map); !done) return in_attribute(std::move(done).error(), member.name);
  if (attributes.size() < all.size())
    return fail(Code::malformed, fmt::format("{} attributes, must be at most {}", all.size(), kMaxAttributes));
  if (map.spec.type == 0) return fail(Code::invalid_argument, "attribute 'type' is missing");
  return {};
}

const btf::Member* find_attribute(const btf::Type& declared, std::string_view name) {
  const auto found = std::ranges::find(declared.members, name, &btf::Member::name);
  return found == declared.members.end() ? nullptr : &*found;
}

/// What each map in a map of maps must look like; the kernel knows no third level.
Result<std::shared_ptr<const MapSpec>> read_inner(const Btf& btf, const btf::Type& declared, const MapSpec& outer) {
  if (declared.kind != btf::Kind::structure) return fail(Code::malformed, "must hold pointers to a map's definition");
  MapDefinition inner;
  inner.spec.name = outer.name + ".inner";
  SAYA_CHECK(read_attributes({btf, declared}, inner));
  for (const std::string_view name : {kPinning, kValues})
    if (find_attribute(declared, name))
      return in_attribute(Error{Code::invalid_argument, "is not possible in the definition of an inner map"}, name);
  return std::make_shared<const MapSpec>(std::move(inner.spec));
}

/// `__array(values, int (void *))` of a prog array, `__array(values, struct {...})` of a map of maps. Either way its
/// values have four bytes to whoever updates it.
Result<> read_values(const Btf& btf, const btf::Member& member, MapDefinition& map) {
  const btf::Type& array = btf.type(btf.resolve(member.type));
  if (array.kind != btf::Kind::array) return fail(Code::malformed, "must be an array of pointers");
  SAYA_TRY(const uint32_t element, pointee(btf, array.target));
  const btf::Type& declared = btf.type(btf.resolve(element));
  if (is_map_of_maps(map.spec.type)) {
    SAYA_TRY(map.spec.inner, read_inner(btf, declared, map.spec));
  } else if (map.spec.type != kProgArray) {
    return fail(Code::invalid_argument,
                fmt::format("is for prog arrays and maps of maps, but the type is {}", map_type_name(map.spec.type)));
  } else if (declared.kind != btf::Kind::function_proto) {
    return fail(Code::malformed, "must hold pointers to functions");
  }
  return set_size(map.spec.value_size, sizeof(uint32_t));
}

/// The kernel wants a power of two of pages; libbpf rounds up, and leaves to the kernel what cannot be rounded.
void round_ringbuf(MapSpec& spec) {
  constexpr uint64_t kPageBytes = 4096;
  if ((spec.type != kRingbuf && spec.type != kUserRingbuf) || spec.max_entries == 0) return;
  const uint64_t rounded = std::bit_ceil(std::max<uint64_t>(spec.max_entries, kPageBytes));
  if (rounded <= std::numeric_limits<uint32_t>::max()) spec.max_entries = static_cast<uint32_t>(rounded);
}

Result<> check_variable(const btf::Type& variable, const btf::Type& declared) {
  if (variable.kind != btf::Kind::variable || declared.kind != btf::Kind::structure)
    return fail(Code::malformed, "must be a variable of a struct type");
  if (variable.name.empty() || variable.name.size() > kMaxNameBytes)
    return fail(Code::malformed,
                fmt::format("the name has {} bytes, must be 1..{}", variable.name.size(), kMaxNameBytes));
  return {};
}

Result<MapDefinition> read_map(const Btf& btf, const btf::Type& variable, std::span<const std::byte> bytes) {
  const btf::Type& declared = btf.type(btf.resolve(variable.target));
  SAYA_CHECK(check_variable(variable, declared));
  MapDefinition map;
  map.spec.name = variable.name;
  map.section = kBtfMaps;
  SAYA_CHECK(read_attributes({btf, declared, bytes}, map));
  if (const btf::Member* values = find_attribute(declared, kValues))
    if (auto done = read_values(btf, *values, map); !done) return in_attribute(std::move(done).error(), kValues);
  map.pinning = btf_pinning(map.pinning_number);
  round_ringbuf(map.spec);
  return map;
}

std::span<const btf::Member> variables_of(const Btf& btf, std::string_view section) {
  const auto id = btf.find(btf::Kind::data_section, section);
  return id ? btf.type(*id).members : std::span<const btf::Member>();  // In offset order: kernel_form() sorted them.
}

/// Without BTF only symbols tell that there are maps.
void add_undescribed_maps(const ElfFile& elf, uint32_t section, Object& object, Layout& layout) {
  std::map<uint64_t, std::string_view> names;  // By offset, so that the order is the file's.
  for (const ElfSymbol& symbol : elf.symbols())
    if (symbol.section == section && (symbol.type == STT_OBJECT || symbol.type == STT_NOTYPE))
      names.try_emplace(symbol.value, symbol.name);
  for (const auto& [offset, name] : names) {
    layout.maps.emplace(std::pair(section, offset), static_cast<uint32_t>(object.maps.size()));
    MapDefinition& map = object.maps.emplace_back();
    map.spec.name = name;
    map.section = kBtfMaps;
  }
}

}  // namespace

Result<> check_described(const MapDefinition& map) {
  if (map.spec.type != 0) return {};
  return fail(
      Code::invalid_argument,
      "the object does not say what it is: its definition is in BTF, which was not compiled in (-g) or stripped");
}

Result<> read_btf_maps(const ElfFile& elf, Object& object, Layout& layout) {
  const ElfSection* section = elf.find(kBtfMaps);
  if (!section || section->size == 0) return {};
  if (!object.btf) {
    add_undescribed_maps(elf, elf.index_of(*section), object, layout);
    return {};
  }
  for (const btf::Member& place : variables_of(*object.btf, kBtfMaps)) {
    const btf::Type& variable = object.btf->type(place.type);
    if (variable.linkage == kLinkageExtern) continue;  // Another object's: its symbol is an extern like any other.
    const auto where = fmt::format("map '{}'", variable.name.substr(0, kMaxNameBytes));
    auto map =
        read_map(*object.btf, variable, section->bytes.subspan(std::min<size_t>(place.offset, section->bytes.size())));
    if (!map) return std::unexpected(std::move(map).error().at(where));
    const auto index = static_cast<uint32_t>(object.maps.size());
    if (!layout.maps.try_emplace({elf.index_of(*section), place.offset}, index).second)
      return fail(Code::malformed, fmt::format("{}: another map lies at offset {} of '.maps'", where, place.offset));
    if (const btf::Member* values = find_attribute(object.btf->type(object.btf->resolve(variable.target)), kValues))
      layout.values[index] = uint64_t{place.offset} + values->offset / 8;
    object.maps.push_back(*std::move(map));
  }
  return {};
}

}  // namespace saya::object
