// BTF map definitions (section `.maps`), as bpf_helpers.h writes them: a struct whose members are attributes.
//
//   struct { int (*type)[2]; int (*max_entries)[8]; __u32 *key; __u64 *value; } counters SEC(".maps");
//
// A number is the length of an array that is pointed to, a type is what is pointed to (libbpf, tools/lib/bpf/libbpf.c).
#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "object/reading.h"

namespace saya::object {
namespace {

using btf::Btf;

struct NumberAttribute {
  std::string_view name;
  uint32_t MapSpec::* field;
};
constexpr NumberAttribute kNumbers[] = {
    {"type",        &MapSpec::type       },
    {"key_size",    &MapSpec::key_size   },
    {"value_size",  &MapSpec::value_size },
    {"max_entries", &MapSpec::max_entries},
    {"map_flags",   &MapSpec::flags      },
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

constexpr std::string_view kValues = "values";  // What the map holds from the beginning: program_slots.cpp.
constexpr size_t kMaxAttributes = std::size(kNumbers) + std::size(kTypes) + 1;

/// What a pointer attribute points to.
Result<uint32_t> pointee(const Btf& btf, uint32_t type) {
  const btf::Type& pointer = btf.type(btf.resolve(type));
  if (pointer.kind != btf::Kind::pointer) return fail(Code::malformed, "must be a pointer");
  return pointer.target;
}

Result<uint32_t> number(const Btf& btf, uint32_t type) {
  SAYA_TRY(const uint32_t target, pointee(btf, type));
  const btf::Type& array = btf.type(btf.resolve(target));
  if (array.kind != btf::Kind::array) return fail(Code::malformed, "must be a pointer to an array, as __uint() makes");
  return array.elements;
}

Result<> set_size(uint32_t& field, uint32_t size) {
  if (field != 0 && field != size)
    return fail(Code::invalid_argument, fmt::format("size is {}, but {} was given before", size, field));
  field = size;
  return {};
}

Result<> apply_number(const Btf& btf, uint32_t type, uint32_t& field) {
  SAYA_TRY(const uint32_t value, number(btf, type));
  return set_size(field, value);
}

Result<> apply_type(const Btf& btf, uint32_t type, const TypeAttribute& attribute, MapSpec& spec) {
  SAYA_TRY(const uint32_t target, pointee(btf, type));
  const auto size = btf.size_of(target);
  if (!size) return fail(Code::malformed, fmt::format("type {} has no size", target));
  spec.*attribute.btf_type = target;
  return set_size(spec.*attribute.size, *size);
}

/// `__array(values, int (void *))`: an array of pointers to functions, kept as four-byte values like every prog
/// array's.
Result<> apply_values(const Btf& btf, uint32_t type, MapSpec& spec) {
  const btf::Type& array = btf.type(btf.resolve(type));
  if (array.kind != btf::Kind::array) return fail(Code::malformed, "must be an array of pointers");
  SAYA_TRY(const uint32_t element, pointee(btf, array.target));
  if (btf.type(btf.resolve(element)).kind != btf::Kind::function_proto)
    return fail(Code::unsupported, "holds something else than programs, which is not supported yet");
  return set_size(spec.value_size, sizeof(uint32_t));
}

Result<> apply(const Btf& btf, const btf::Member& member, MapSpec& spec) {
  for (const NumberAttribute& row : kNumbers)
    if (row.name == member.name) return apply_number(btf, member.type, spec.*row.field);
  for (const TypeAttribute& row : kTypes)
    if (row.name == member.name) return apply_type(btf, member.type, row, spec);
  if (member.name == kValues) return apply_values(btf, member.type, spec);
  return fail(Code::unsupported, "is not supported yet");
}

const btf::Member* find_values(const btf::Type& declared) {
  const auto found = std::ranges::find(declared.members, kValues, &btf::Member::name);
  return found == declared.members.end() ? nullptr : &*found;
}

Result<MapDefinition> read_map(const Btf& btf, const btf::Type& variable) {
  const btf::Type& declared = btf.type(btf.resolve(variable.target));
  if (variable.kind != btf::Kind::variable || declared.kind != btf::Kind::structure)
    return fail(Code::malformed, "must be a variable of a struct type");
  if (variable.name.empty() || variable.name.size() > kMaxNameBytes)
    return fail(Code::malformed,
                fmt::format("the name has {} bytes, must be 1..{}", variable.name.size(), kMaxNameBytes));
  // C allows each name once; without a bound, many maps could share one struct of many thousand members.
  const auto attributes = declared.members.first(std::min(declared.members.size(), kMaxAttributes));
  MapDefinition map;
  map.spec.name = variable.name;
  for (const btf::Member& member : attributes)
    if (auto done = apply(btf, member, map.spec); !done)
      return std::unexpected(std::move(done).error().at(fmt::format("attribute '{}'", member.name)));
  if (attributes.size() < declared.members.size())
    return fail(Code::malformed,
                fmt::format("{} attributes, must be at most {}", declared.members.size(), kMaxAttributes));
  if (map.spec.type == 0) return fail(Code::invalid_argument, "attribute 'type' is missing");
  if (find_values(declared) && map.spec.type != static_cast<uint32_t>(MapKind::prog_array))
    return fail(Code::invalid_argument,
                fmt::format("attribute 'values' holds programs, but the type is {}", map.spec.type));
  return map;
}

Result<> refuse_legacy(const ElfFile& elf) {
  const ElfSection* section = elf.find("maps");
  if (!section || section->size == 0) return {};
  return fail(Code::unsupported, "section 'maps': legacy map definitions are not supported yet");
}

std::span<const btf::Member> variables_of(const Btf& btf, std::string_view section) {
  const auto id = btf.find(btf::Kind::data_section, section);
  return id ? btf.type(*id).members : std::span<const btf::Member>();  // In offset order: kernel_form() sorted them.
}

}  // namespace

Result<> read_maps(const ElfFile& elf, Object& object, Layout& layout) {
  SAYA_CHECK(refuse_legacy(elf));
  const ElfSection* section = elf.find(".maps");
  if (!section || section->size == 0) return {};
  if (!object.btf) return fail(Code::invalid_argument, "section '.maps': map definitions need BTF; compile with -g");
  for (const btf::Member& place : variables_of(*object.btf, ".maps")) {
    const btf::Type& variable = object.btf->type(place.type);
    const auto where = fmt::format("map '{}'", variable.name.substr(0, kMaxNameBytes));
    auto map = read_map(*object.btf, variable);
    if (!map) return std::unexpected(std::move(map).error().at(where));
    const auto index = static_cast<uint32_t>(object.maps.size());
    if (!layout.maps.try_emplace({elf.index_of(*section), place.offset}, index).second)
      return fail(Code::malformed, fmt::format("{}: another map lies at offset {} of '.maps'", where, place.offset));
    if (const btf::Member* values = find_values(object.btf->type(object.btf->resolve(variable.target))))
      layout.values[index] = uint64_t{place.offset} + values->offset / 8;
    object.maps.push_back(*std::move(map));
  }
  return {};
}

}  // namespace saya::object
