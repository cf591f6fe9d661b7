// Global variables by name and path, as BTF describes them: VAR in a DATASEC whose map has the section's bytes.
#include "object/variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "object/assignment.h"
#include "object/variables_value.h"

namespace saya::object {
namespace {

using btf::Btf;
using btf::Kind;

constexpr size_t kMaxVisits = 65536;                 ///< Members that are looked at on the way down one path.
constexpr uint64_t kMaxBytes = uint64_t{256} << 20;  ///< Of a section whose contents are written.

struct Variable {
  uint32_t map = 0;
  std::string_view name;
  uint32_t type = 0;
  uint32_t offset = 0;
  uint32_t size = 0;
};

/// The data section that became this map, in BTF; null for other maps.
const btf::Type* section_of(const Object& object, const MapDefinition& map) {
  if (!object.btf || map.spec.value_btf_type == 0) return nullptr;
  const btf::Type& type = object.btf->type(map.spec.value_btf_type);
  return type.kind == Kind::data_section ? &type : nullptr;
}

bool is_settable(std::string_view section) {
  return section.starts_with(".rodata") || section.starts_with(".data") || section.starts_with(".bss");
}

std::vector<Variable> variables_of(const Object& object) {
  std::vector<Variable> all;
  for (uint32_t i = 0; i < object.maps.size(); ++i) {
    const btf::Type* section = section_of(object, object.maps[i]);
    if (!section || !is_settable(section->name)) continue;
    for (const btf::Member& place : section->members) {
      const btf::Type& variable = object.btf->type(place.type);
      if (variable.kind == Kind::variable) all.push_back({i, variable.name, variable.target, place.offset, place.size});
    }
  }
  return all;
}

/// The beginnings of "a.b[1].c" that could be a variable's name, longest first: static ones of a function have a dot.
std::vector<std::string_view> roots_of(std::string_view path) {
  std::vector<std::string_view> roots{path};
  for (size_t at = path.find_last_of(".["); at != path.npos && at > 0; at = path.find_last_of(".[", at - 1))
    roots.push_back(path.substr(0, at));
  return roots;
}

std::vector<Variable> find(const std::vector<Variable>& all, std::string_view path) {
  for (const std::string_view root : roots_of(path)) {
    std::vector<Variable> found;
    std::ranges::copy_if(all, std::back_inserter(found), [&](const Variable& one) { return one.name == root; });
    if (!found.empty()) return found;
  }
  return {};
}

std::string_view section_name(const Object& object, const Variable& variable) {
  return section_of(object, object.maps[variable.map])->name;
}

std::unexpected<Error> unknown_variable(const Object& object, const std::vector<Variable>& all, std::string_view name) {
  if (!object.btf)
    return fail(
        Code::no_such_entry,
        fmt::format("{} has no variable '{}': without BTF none has a name; compile with -g", object.file, name));
  if (all.empty())
    return fail(Code::no_such_entry, fmt::format("{} has no variable '{}', it has none", object.file, name));
  return fail(
      Code::no_such_entry,
      fmt::format("{} has no variable '{}', it has: {}", object.file, name, list_of(all, [&](const Variable& one) {
                    return fmt::format("{} ({} in {})", one.name, type_text(*object.btf, one.type),
                                       section_name(object, one));
                  })));
}

bool is_composite(const btf::Type& type) { return type.kind == Kind::structure || type.kind == Kind::union_; }

/// Follows ".member" and "[index]" from a variable to a part of it.
class PathWalker {
 public:
  PathWalker(const Btf& btf, ValuePlace start) : btf_(btf), place_(start) {}

  Result<ValuePlace> walk(std::string_view path) {
    while (!path.empty()) {
      if (place_.bit_width != 0) return fail(Code::invalid_argument, fmt::format("'{}' follows a bit-field", path));
      const size_t end = std::min(path.find_first_of(".[", 1), path.size());
      SAYA_CHECK(path.front() == '.' ? enter_member(path.substr(1, end - 1)) : enter_element(path.substr(0, end)));
      path.remove_prefix(end);
    }
    return place_;
  }

 private:
  /// A struct or union that is looked through, and where it begins.
  struct Layer {
    uint32_t type;
    uint64_t bits;
  };

  /// Calls `visit(member, bits)` for each member that can be named, until it is true. Members of anonymous structs and
  /// unions count as those of the one around them.
  template <class Visit>
  Result<bool> any_member(Visit visit) {
    std::vector<Layer> layers{
        {btf_.resolve(place_.type), place_.offset * 8}
    };
    for (size_t next = 0; next < layers.size(); ++next) {
      const Layer layer = layers[next];
      const btf::Type& type = btf_.type(layer.type);
      if (!is_composite(type)) continue;
      for (const btf::Member& member : type.members) {
        const uint64_t bits = layer.bits + member.offset;
        if (++visits_ > kMaxVisits) return fail(Code::unsupported, "too many members to look through");
        if (member.name.empty()) layers.push_back({btf_.resolve(member.type), bits});
        if (!member.name.empty() && visit(member, bits)) return true;
      }
    }
    return false;
  }

  Result<> enter_member(std::string_view name) {
    ValuePlace inside;
    std::vector<std::string_view> names;
    SAYA_TRY(const bool found, any_member([&](const btf::Member& member, uint64_t bits) {
               names.push_back(member.name);
               if (member.name != name) return false;
               inside = {member.type, bits / 8, member.size ? static_cast<uint32_t>(bits % 8) : 0, member.size};
               return true;
             }));
    if (!found) return no_member(name, names);
    place_ = inside;
    return {};
  }

  std::unexpected<Error> no_member(std::string_view name, const std::vector<std::string_view>& names) const {
    const std::string what = type_text(btf_, place_.type);
    if (!is_composite(btf_.type(btf_.resolve(place_.type))))
      return fail(Code::invalid_argument, fmt::format("type {} has no members, so no '{}'", what, name));
    return fail(Code::no_such_entry, fmt::format("{} has no member '{}', it has: {}", what, name,
                                                 list_of(names, [](std::string_view member) { return member; })));
  }

  Result<> enter_element(std::string_view word) {
    const btf::Type& array = btf_.type(btf_.resolve(place_.type));
    const std::string what = type_text(btf_, place_.type);
    if (array.kind != Kind::array)
      return fail(Code::invalid_argument, fmt::format("type {} is no array, so it has no '{}'", what, word));
    const auto index = word.ends_with(']') ? parse_integer(word.substr(1, word.size() - 2)) : std::nullopt;
    const auto size = btf_.size_of(array.target);
    if (!index || !size) return fail(Code::invalid_argument, fmt::format("'{}' must be [NUMBER]", word));
    if (index->negative || index->magnitude >= array.elements)
      return fail(Code::invalid_argument,
                  fmt::format("'{}' is outside of {}, which has {} elements", word, what, array.elements));
    place_ = {array.target, place_.offset + index->magnitude * *size};
    return {};
  }

  const Btf& btf_;
  ValuePlace place_;
  size_t visits_ = 0;
};

/// The bytes of the variable in its map; those of `.bss` begin to exist here.
Result<std::span<std::byte>> bytes_of(MapDefinition& map, const Variable& variable) {
  const uint64_t size = map.spec.value_size;
  if (size > kMaxBytes || variable.offset > size || variable.size > size - variable.offset)
    return fail(Code::malformed, fmt::format("its {} bytes at {} leave the {} bytes of map '{}'", variable.size,
                                             variable.offset, size, map.spec.name));
  map.initial.resize(size);
  return std::span(map.initial).subspan(variable.offset, variable.size);
}

Result<> set(Object& object, const Variable& variable, std::string_view path, std::string_view value) {
  SAYA_TRY(const ValuePlace place, PathWalker(*object.btf, {.type = variable.type}).walk(path));
  SAYA_TRY(const std::span<std::byte> bytes, bytes_of(object.maps[variable.map], variable));
  return write_value(*object.btf, place, value, bytes);
}

}  // namespace

Result<> set_variable(Object& object, std::string_view text) {
  SAYA_TRY(const Assignment assignment, split_assignment(text, "NAME=VALUE"));
  const std::vector<Variable> all = variables_of(object);
  const std::vector<Variable> found = find(all, assignment.name);
  if (found.empty()) return unknown_variable(object, all, assignment.name);
  if (found.size() > 1)
    return fail(
        Code::invalid_argument,
        fmt::format("{} has {} variables '{}', in {}", object.file, found.size(), found.front().name,
                    list_of(found, [&](const Variable& one) { return std::string(section_name(object, one)); })));
  const Variable& variable = found.front();
  auto done = set(object, variable, assignment.name.substr(variable.name.size()), assignment.value);
  if (done) return {};
  return std::unexpected(std::move(done).error().at(fmt::format("{}: variable '{}'", object.file, assignment.name)));
}

bool has_variable(const Object& object, std::string_view text) {
  const auto assignment = split_assignment(text, "");
  return assignment && !find(variables_of(object), assignment->name).empty();
}

}  // namespace saya::object
