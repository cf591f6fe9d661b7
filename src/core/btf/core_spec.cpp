// Access strings become paths. Rules and limits: bpf_core_parse_spec() of libbpf 1.x.
#include "btf/core_spec.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>
#include <limits>

#include "btf/wire.h"

namespace saya::btf {
namespace {

struct KindRow {
  std::string_view name;
  CoreFamily family;
};
constexpr KindRow kKinds[] = {
    {"byte_off",       CoreFamily::field     },
    {"byte_sz",        CoreFamily::field     },
    {"field_exists",   CoreFamily::field     },
    {"signed",         CoreFamily::field     },
    {"lshift_u64",     CoreFamily::field     },
    {"rshift_u64",     CoreFamily::field     },
    {"local_type_id",  CoreFamily::type      },
    {"target_type_id", CoreFamily::type      },
    {"type_exists",    CoreFamily::type      },
    {"type_size",      CoreFamily::type      },
    {"enumval_exists", CoreFamily::enum_value},
    {"enumval_value",  CoreFamily::enum_value},
    {"type_matches",   CoreFamily::type      },
};
static_assert(std::size(kKinds) == static_cast<size_t>(CoreKind::type_matches) + 1);
const KindRow& row_of(CoreKind kind) { return kKinds[static_cast<size_t>(kind)]; }

Result<std::vector<uint32_t>> parse_access(std::string_view text) {
  std::vector<uint32_t> indices;
  for (const char *at = text.data(), *const end = at + text.size();; ++at) {
    uint32_t index = 0;
    const auto [next, error] = std::from_chars(at, end, index);
    if (error != std::errc() || index > std::numeric_limits<int32_t>::max() || (next != end && *next != ':'))
      return fail(Code::malformed, "the access string must be numbers with ':' between them");
    if (indices.size() == kMaxSpec)
      return fail(Code::malformed, fmt::format("the access string has more than {} numbers", kMaxSpec));
    indices.push_back(index);
    if (next == end) return indices;
    at = next;
  }
}

Result<> name_enumerator(const Btf& local, Spec& spec) {
  Accessor& only = spec.accessors.front();
  const Type& type = local.type(only.type);
  if (!is_enumeration(type.kind) || spec.raw.size() > 1 || only.index >= type.members.size())
    return fail(Code::malformed, "there is no such enumerator");
  only.name = type.members[only.index].name;
  return {};
}

/// Goes into member `index` of a struct; the member's type.
Result<uint32_t> enter_member(const Type& type, uint32_t id, uint32_t index, Spec& spec) {
  if (index >= type.members.size())
    return fail(Code::malformed, fmt::format("{} {} has {} members, not a number {}", shape_of(type.kind).name,
                                             type.name, type.members.size(), index));
  const Member& member = type.members[index];
  spec.bit_offset += member.offset;
  if (!member.name.empty()) spec.accessors.push_back({id, index, member.name});
  return member.type;
}

/// Goes to element `index` of an array; the element's type.
Result<uint32_t> enter_element(const Btf& local, const Type& array, uint32_t index, Spec& spec) {
  const uint32_t element = local.resolve(array.target);
  if (index >= array.elements && !is_flexible_array(local, spec.accessors.back(), array))
    return fail(Code::malformed, fmt::format("an array of {} has no element {}", array.elements, index));
  SAYA_TRY(const uint32_t size, known_size(local, element));
  spec.accessors.push_back({element, index, {}});
  spec.bit_offset += index * size * 8;
  return element;
}

Result<> follow(const Btf& local, Spec& spec) {
  uint32_t id = spec.accessors.front().type;
  SAYA_TRY(const uint32_t size, known_size(local, id));
  spec.bit_offset = spec.raw[0] * size * 8;
  for (size_t i = 1; i < spec.raw.size(); ++i) {
    id = local.resolve(id);
    const Type& type = local.type(id);
    if (is_composite(type.kind)) {
      SAYA_TRY(id, enter_member(type, id, spec.raw[i], spec));
    } else if (type.kind == Kind::array) {
      SAYA_TRY(id, enter_element(local, type, spec.raw[i], spec));
    } else {
      return fail(Code::malformed, fmt::format("number {} of '{}' goes into a {}", i + 1, fmt::join(spec.raw, ":"),
                                               shape_of(type.kind).name));
    }
  }
  return {};
}

std::string path_of(const Spec& spec) {
  std::string text;
  for (size_t i = 0; i < spec.accessors.size(); ++i) {
    const Accessor& accessor = spec.accessors[i];
    if (!accessor.name.empty())
      text += fmt::format(".{}", accessor.name);
    else if (i > 0 || accessor.index > 0)
      text += fmt::format("[{}]", accessor.index);
  }
  const uint32_t bit = spec.bit_offset % 8;
  return fmt::format("{} ({} @ offset {}{})", text, fmt::join(spec.raw, ":"), spec.bit_offset / 8,
                     bit ? fmt::format(".{}", bit) : "");
}

std::string enumerator_of(const Btf& btf, const Accessor& only) {
  const Type& type = btf.type(only.type);
  const int64_t value = type.members[only.index].value;
  return type.flag ? fmt::format("::{} = {}", only.name, value)
                   : fmt::format("::{} = {}", only.name, static_cast<uint64_t>(value));
}

}  // namespace

CoreFamily family_of(CoreKind kind) noexcept { return row_of(kind).family; }

bool is_composite(Kind kind) noexcept { return kind == Kind::structure || kind == Kind::union_; }
bool is_enumeration(Kind kind) noexcept { return kind == Kind::enumeration || kind == Kind::enumeration64; }
bool same_kind(Kind one, Kind other) noexcept { return one == other || (is_enumeration(one) && is_enumeration(other)); }

bool is_flexible_array(const Btf& btf, const Accessor& last, const Type& array) noexcept {
  return !last.name.empty() && array.elements == 0 && last.index + 1 == btf.type(last.type).members.size();
}

Result<uint32_t> known_size(const Btf& btf, uint32_t id) {
  if (const auto size = btf.size_of(id)) return *size;
  return fail(Code::malformed, fmt::format("{} {} has no size", shape_of(btf.type(id).kind).name, btf.type(id).name));
}

Result<> Steps::take(uint64_t steps) {
  if (left_ < steps) return fail(Code::no_space, "its types take too long to compare");
  left_ -= steps;
  return {};
}

Result<Spec> parse_spec(const Btf& local, const CoreQuery& query) {
  Spec spec{.root = query.type, .kind = query.kind, .accessors = {}, .raw = {}};
  const CoreFamily family = family_of(query.kind);
  if (family == CoreFamily::type && query.access != "0")
    return fail(Code::malformed, "the access string of a type must be '0'");
  if (family == CoreFamily::type) return spec;
  SAYA_TRY(spec.raw, parse_access(query.access));
  spec.accessors.push_back({local.resolve(query.type), spec.raw[0], {}});
  SAYA_CHECK(family == CoreFamily::field ? follow(local, spec) : name_enumerator(local, spec));
  return spec;
}

std::string to_string(const Btf& btf, const Spec& spec) {
  const Type& type = btf.type(spec.root);
  std::string text = fmt::format("<{}> [{}] {} {}", row_of(spec.kind).name, spec.root, shape_of(type.kind).name,
                                 type.name.empty() ? "<anon>" : type.name);
  if (!spec.accessors.empty())
    text += family_of(spec.kind) == CoreFamily::field ? path_of(spec) : enumerator_of(btf, spec.accessors.front());
  if (text.size() > kMaxText) text.resize(kMaxText);
  return text;
}

}  // namespace saya::btf
