// Whole types compared, for type_exists (the same kind of thing) and type_matches (all that the local one has). Rules
// and depths: bpf_core_types_are_compat() and bpf_core_types_match() of libbpf 1.x.
#include "btf/core_spec.h"
#include "btf/name_index.h"

namespace saya::btf {
namespace {

constexpr int kMaxLevel = 32;  ///< Of parameters and members.
constexpr int kMaxDepth = 32;  ///< Of pointers, arrays and return types within a level.
constexpr uint8_t kSigned = 1;

bool same_name(std::string_view one, std::string_view other) { return without_flavour(one) == without_flavour(other); }

std::unexpected<Error> too_deep() { return fail(Code::unsupported, "its types are nested too deeply"); }

/// What may stand for a forward declaration where only a pointer leads.
bool is_declared(const Type& forward, const Type& type) {
  if (type.kind == Kind::forward) return forward.flag == type.flag;
  return type.kind == (forward.flag ? Kind::union_ : Kind::structure);
}

class Comparison {
 public:
  Comparison(const Btf& local, const Btf& target, Steps steps) : local_(local), target_(target), steps_(steps) {}

  Result<bool> compatible(uint32_t local_id, uint32_t target_id, int level) {
    for (int depth = 0; depth < kMaxDepth; ++depth) {
      SAYA_CHECK(steps_.take());
      const Type& local = local_.type(local_.resolve(local_id));
      const Type& target = target_.type(target_.resolve(target_id));
      if (!same_kind(local.kind, target.kind)) return false;
      if (local.kind == Kind::unknown || local.kind == Kind::forward || is_composite(local.kind) ||
          is_enumeration(local.kind))
        return true;
      if (local.kind == Kind::integer) return local.bit_offset == 0 && target.bit_offset == 0;
      if (local.kind == Kind::function_proto) {
        SAYA_TRY(const bool equal, parameters(local, target, [&](uint32_t one, uint32_t other) -> Result<bool> {
                   if (level == 0) return too_deep();
                   return compatible(one, other, level - 1);
                 }));
        if (!equal) return false;
      } else if (local.kind != Kind::pointer && local.kind != Kind::array) {
        return false;
      }
      local_id = local.target;
      target_id = target.target;
    }
    return too_deep();
  }

  Result<bool> match(uint32_t local_id, uint32_t target_id, bool behind_pointer, int level) {
    if (level == 0) return too_deep();
    for (int depth = 0; depth < kMaxDepth; ++depth) {
      SAYA_CHECK(steps_.take());
      const Type& local = local_.type(local_.resolve(local_id));
      const Type& target = target_.type(target_.resolve(target_id));
      if (!same_name(local.name, target.name)) return false;
      if (local.kind == Kind::forward) return behind_pointer ? is_declared(local, target) : same(local, target);
      if (is_enumeration(local.kind)) return is_enumeration(target.kind) ? enumerators(local, target) : false;
      if (is_composite(local.kind) && behind_pointer)
        return local.kind == target.kind || (target.kind == Kind::forward && is_declared(target, local));
      if (local.kind != target.kind) return false;
      if (is_composite(local.kind)) return members(local, target, level);
      if (local.kind == Kind::unknown) return true;
      if (local.kind == Kind::integer)
        return local.size == target.size && ((local.encoding ^ target.encoding) & kSigned) == 0;
      SAYA_TRY(const bool goes_on, leads_on(local, target, behind_pointer, level));
      if (!goes_on) return false;
      behind_pointer |= local.kind == Kind::pointer;
      local_id = local.target;
      target_id = target.target;
    }
    return too_deep();
  }

 private:
  static bool same(const Type& local, const Type& target) {
    return local.kind == target.kind && local.flag == target.flag;
  }

  /// Whether what a pointer, array or function leads to is still to be compared.
  Result<bool> leads_on(const Type& local, const Type& target, bool behind_pointer, int level) {
    if (local.kind == Kind::array) return local.elements == target.elements;
    if (local.kind != Kind::function_proto) return local.kind == Kind::pointer;
    return parameters(local, target,
                      [&](uint32_t one, uint32_t other) { return match(one, other, behind_pointer, level - 1); });
  }

  template <class Compare>
  Result<bool> parameters(const Type& local, const Type& target, Compare compare) {
    if (local.members.size() != target.members.size()) return false;
    for (size_t i = 0; i < local.members.size(); ++i) {
      SAYA_TRY(const bool equal, compare(local.members[i].type, target.members[i].type));
      if (!equal) return false;
    }
    return true;
  }

  /// Whether the target has each local enumerator, whatever its value.
  Result<bool> enumerators(const Type& local, const Type& target) {
    if (local.size != target.size || local.members.size() > target.members.size()) return false;
    return covers(local, target, [](const Member&, const Member&) -> Result<bool> { return true; });
  }

  /// Whether the target has each local member.
  Result<bool> members(const Type& local, const Type& target, int level) {
    if (local.members.size() > target.members.size()) return false;
    return covers(local, target, [&](const Member& one, const Member& other) {
      return match(one.type, other.type, false, level - 1);
    });
  }

  /// Whether for each local member there is one of the same name in the target for which `compare` is true.
  template <class Compare>
  Result<bool> covers(const Type& local, const Type& target, Compare compare) {
    for (const Member& one : local.members) {
      bool found = false;
      for (size_t i = 0; i < target.members.size() && !found; ++i) {
        SAYA_CHECK(steps_.take());
        if (!same_name(one.name, target.members[i].name)) continue;
        SAYA_TRY(found, compare(one, target.members[i]));
      }
      if (!found) return false;
    }
    return true;
  }

  const Btf& local_;
  const Btf& target_;
  Steps steps_;
};

}  // namespace

Result<bool> types_are_compatible(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id,
                                  Steps steps) {
  return Comparison(local, target, steps).compatible(local_id, target_id, kMaxLevel);
}

Result<bool> types_match(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, Steps steps) {
  return Comparison(local, target, steps).match(local_id, target_id, false, kMaxLevel);
}

}  // namespace saya::btf
