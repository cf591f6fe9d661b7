// A local path is looked for in a type of the target: members by name, through anonymous structs and unions, elements
// within the target's bounds. Which fields fit each other: bpf_core_fields_are_compat() of libbpf 1.x.
#include "btf/core_spec.h"
#include "btf/name_index.h"

namespace saya::btf {
namespace {

constexpr int kMaxArrays = 64;  ///< Arrays of arrays; libbpf ends only with the types.

class Matcher {
 public:
  Matcher(const Btf& local, const Spec& spec, const Btf& target, uint32_t candidate, Steps steps)
      : local_(local), spec_(spec), target_(target), steps_(steps) {
    found_.root = candidate;
    found_.kind = spec.kind;
  }

  Result<std::optional<Spec>> match() {
    SAYA_TRY(const bool matches, compare());
    return matches ? std::optional(std::move(found_)) : std::nullopt;
  }

 private:
  Result<bool> compare() {
    switch (family_of(spec_.kind)) {
      case CoreFamily::field: return match_path();
      case CoreFamily::enum_value: return match_enumerator();
      case CoreFamily::type: break;
    }
    const auto compare = spec_.kind == CoreKind::type_matches ? types_match : types_are_compatible;
    return compare(local_, spec_.root, target_, found_.root, steps_);
  }

  Result<bool> match_enumerator() {
    const uint32_t id = target_.resolve(found_.root);
    const Type& type = target_.type(id);
    if (!is_enumeration(type.kind)) return false;
    const std::string_view name = without_flavour(spec_.accessors.front().name);
    for (uint32_t i = 0; i < type.members.size(); ++i) {
      SAYA_CHECK(steps_.take());
      if (without_flavour(type.members[i].name) != name) continue;
      found_.accessors.push_back({id, i, type.members[i].name});
      found_.raw.push_back(i);
      return true;
    }
    return false;
  }

  Result<bool> match_path() {
    uint32_t id = found_.root;
    for (const Accessor& accessor : spec_.accessors) {
      id = target_.resolve(id);
      if (accessor.name.empty()) {
        SAYA_TRY(const bool there, match_element(accessor, id));
        if (!there) return false;
      } else {
        SAYA_TRY(const bool there, match_member(accessor, id, id));
        if (!there) return false;
      }
    }
    return true;
  }

  /// The first accessor indexes the type itself, as a pointer to it does.
  Result<bool> match_element(const Accessor& accessor, uint32_t& id) {
    if (!found_.accessors.empty()) {
      const Type& array = target_.type(id);
      if (array.kind != Kind::array) return false;
      if (accessor.index >= array.elements && !is_flexible_array(target_, found_.accessors.back(), array)) return false;
      id = target_.resolve(array.target);
    }
    SAYA_TRY(const uint32_t size, known_size(target_, id));
    SAYA_CHECK(push_raw(accessor.index));
    found_.accessors.push_back({id, accessor.index, {}});
    found_.bit_offset += accessor.index * size * 8;
    return true;
  }

  /// Looks for the local member of that name in `id`, and in the anonymous members of it. Recursion ends with the room
  /// in the path. On success `next` is the member's type.
  Result<bool> match_member(const Accessor& accessor, uint32_t id, uint32_t& next) {
    id = target_.resolve(id);
    const Type& type = target_.type(id);
    if (!is_composite(type.kind)) return false;
    for (uint32_t i = 0; i < type.members.size(); ++i) {
      SAYA_CHECK(steps_.take());
      const Member& member = type.members[i];
      if (!member.name.empty() && member.name != accessor.name) continue;
      SAYA_CHECK(push_raw(i));
      found_.bit_offset += member.offset;
      if (!member.name.empty()) {
        found_.accessors.push_back({id, i, member.name});
        next = member.type;
        return fits(local_.type(accessor.type).members[accessor.index].type, member.type);
      }
      SAYA_TRY(const bool inside, match_member(accessor, member.type, next));
      if (inside) return true;
      found_.bit_offset -= member.offset;
      found_.raw.pop_back();
    }
    return false;
  }

  Result<> push_raw(uint32_t index) {
    if (found_.raw.size() == kMaxSpec) return fail(Code::unsupported, "the target's types are nested too deeply");
    found_.raw.push_back(index);
    return {};
  }

  /// Whether a field of one type may stand for one of the other.
  Result<bool> fits(uint32_t local_id, uint32_t target_id) const {
    for (int depth = 0; depth < kMaxArrays; ++depth) {
      const Type& local = local_.type(local_.resolve(local_id));
      const Type& target = target_.type(target_.resolve(target_id));
      if (is_composite(local.kind) && is_composite(target.kind)) return true;
      if (!same_kind(local.kind, target.kind)) return false;
      if (local.kind != Kind::array) return fits_plainly(local, target);
      local_id = local.target;
      target_id = target.target;
    }
    return fail(Code::malformed, "an array has itself as element");
  }

  static bool fits_plainly(const Type& local, const Type& target) {
    switch (local.kind) {
      case Kind::pointer:
      case Kind::floating: return true;
      case Kind::integer: return local.bit_offset == 0 && target.bit_offset == 0;
      case Kind::forward:
      case Kind::enumeration:
      case Kind::enumeration64:
        return local.name.empty() || target.name.empty() || without_flavour(local.name) == without_flavour(target.name);
      default: return false;
    }
  }

  const Btf& local_;
  const Spec& spec_;
  const Btf& target_;
  Steps steps_;
  Spec found_;
};

}  // namespace

Result<std::optional<Spec>> match_spec(const Btf& local, const Spec& spec, const Btf& target, uint32_t candidate,
                                       Steps steps) {
  return Matcher(local, spec, target, candidate, steps).match();
}

}  // namespace saya::btf
