// The fields of map values, and of objects that programs allocate, that they reach through helpers only: locks, timers,
// pointers, lists, trees. Found by BTF as btf_parse_fields() of kernel/bpf/btf.c has it, allowed by map type as
// map_check_btf() of kernel/bpf/syscall.c has it, Linux 6.18. Where the kernel refuses a value's BTF, loaders create
// the map without, and then there are none.
#include <algorithm>
#include <optional>
#include <utility>

#include "object/reading.h"

namespace saya::object {
namespace {

using btf::Btf;
using btf::Kind;

constexpr uint32_t kMaxFields = 11;     // BTF_FIELDS_MAX
constexpr uint32_t kMaxDepth = 32;      // MAX_RESOLVE_DEPTH
constexpr uint32_t kMaxVisits = 65536;  // Ours: structs may nest so that a few records stand for very many members.

constexpr uint64_t types(auto... type) { return ((uint64_t{1} << type) | ...); }
constexpr uint64_t kStorages = types(24, 28, 29, 32);  // sk, inode, task, cgrp
constexpr uint64_t kLocked = types(1, 2, 19) | kStorages;
constexpr uint64_t kKeyed = types(1, 2, 9);  // hash, array, lru_hash
constexpr uint64_t kPointed = types(1, 2, 5, 6, 9, 10) | kStorages;

/// Stands for the type of a map where an object is meant: then fields need no leave of a map type.
constexpr uint32_t kObject = kMapTypeNumbers;
enum Where : uint8_t { kInValue = 1, kInObject = 2, kAnywhere = 3 };

/// A struct that is such a field.
struct Special {
  std::string_view name;
  MapField::Kind kind;
  uint32_t size;
  uint32_t align;
  uint64_t map_types;       ///< By BPF_MAP_TYPE_*.
  bool once;                ///< A value has at most one, and none in an array.
  Where where = kAnywhere;  ///< Elsewhere it is a struct like any other.
};
constexpr Special kSpecials[] = {
    {"bpf_spin_lock", MapField::Kind::spin_lock, 4, 4, kLocked, true},
    {"bpf_timer", MapField::Kind::timer, 16, 8, kKeyed, true, kInValue},
    {"bpf_wq", MapField::Kind::other, 16, 8, kKeyed, true, kInValue},
    {"bpf_task_work", MapField::Kind::other, 16, 8, kKeyed, true, kInValue},
    {"bpf_res_spin_lock", MapField::Kind::other, 4, 4, kLocked, true},
    {"bpf_refcount", MapField::Kind::refcount, 4, 4, kPointed, true},
    {"bpf_list_head", MapField::Kind::list_head, 16, 8, kKeyed, false},
    {"bpf_rb_root", MapField::Kind::rb_root, 16, 8, kKeyed, false},
    {"bpf_list_node", MapField::Kind::list_node, 24, 8, 0, false, kInObject},
    {"bpf_rb_node", MapField::Kind::rb_node, 32, 8, 0, false, kInObject},
};

/// The tag of a pointer that is such a field.
struct Tag {
  std::string_view name;
  MapField::Kind kind;
  uint64_t map_types;
};
constexpr Tag kTags[] = {
    {"kptr",           MapField::Kind::kernel_pointer, kPointed },
    {"kptr_untrusted", MapField::Kind::kernel_pointer, kPointed },
    {"percpu_kptr",    MapField::Kind::kernel_pointer, kPointed },
    {"uptr",           MapField::Kind::other,          types(29)}, // task_storage
};

bool is_struct(const btf::Type& type) { return type.kind == Kind::structure || type.kind == Kind::union_; }

/// Collects the fields of one value. Steps answer false once the kernel would refuse the whole value.
class Finder {
 public:
  Finder(const Btf& btf, uint32_t map_type) : btf_(btf), map_type_(map_type) {}

  std::vector<MapField> find(const btf::Type& value, uint32_t size) {
    const bool fine = value.kind == Kind::data_section ? section(value) : !is_struct(value) || members(value, 0, 0);
    return fine && has_lock() && in_order(size) ? std::move(found_) : std::vector<MapField>{};
  }

 private:
  bool section(const btf::Type& section) {
    return std::ranges::all_of(section.members, [&](const btf::Member& place) {
      return field(btf_.type(btf_.type(place.type).target), place.offset, place.size, 0);
    });
  }

  bool members(const btf::Type& outer, uint64_t base, uint32_t depth) {
    return depth < kMaxDepth && std::ranges::all_of(
                                    outer.members,
                                    [&](const btf::Member& member) {
                                      return member.offset % 8 == 0 &&
                                             field(btf_.type(member.type), base + member.offset / 8, 0, depth);
                                    });
  }

  /// Of a member or variable; as in the kernel, a typedef hides what it names. `expected`: bytes of a variable.
  bool field(const btf::Type& declared, uint64_t offset, uint32_t expected, uint32_t depth) {
    const btf::Type* type = &declared;
    uint64_t count = 1;
    for (uint32_t i = 0; type->kind == Kind::array; ++i) {
      count *= type->elements;
      if (i == kMaxDepth || count > UINT32_MAX) return false;
      type = &btf_.type(type->target);
    }
    if (++visits_ > kMaxVisits) return false;
    if (count == 0) return true;
    if (!is_struct(*type)) return pointer(*type, offset, expected, count);
    const Where here = map_type_ == kObject ? kInObject : kInValue;
    const auto special = std::ranges::find_if(
        kSpecials, [&](const Special& row) { return row.name == type->name && (row.where & here); });
    if (special != std::end(kSpecials)) return structure(*special, *type, offset, expected, count);
    return (expected != 0 && expected != type->size * count) || nested(*type, offset, count, depth + 1);
  }

  bool structure(const Special& special, const btf::Type& type, uint64_t offset, uint32_t expected, uint64_t count) {
    const auto row = static_cast<uint32_t>(&special - kSpecials);
    if (special.once && (seen_ & 1u << row)) return false;
    seen_ |= 1u << row;
    if ((expected != 0 && expected != special.size * count) || offset % special.align != 0 || type.size != special.size)
      return true;
    repeatable_ &= !special.once;
    return (count == 1 || !special.once) && add(special.kind, special.map_types, offset, special.size, count);
  }

  bool pointer(const btf::Type& declared, uint64_t offset, uint32_t expected, uint64_t count) {
    constexpr uint32_t kBytes = 8;
    if ((expected != 0 && expected != kBytes * count) || offset % kBytes != 0) return true;
    const btf::Type& type = declared.kind == Kind::volatile_ ? btf_.type(declared.target) : declared;
    const btf::Type& tagged = btf_.type(type.target);
    if (type.kind != Kind::pointer || tagged.kind != Kind::type_tag) return true;
    const auto tag = std::ranges::find(kTags, tagged.name, &Tag::name);
    if (tag == std::end(kTags) || btf_.type(tagged.target).kind == Kind::type_tag) return false;
    if (!is_struct(btf_.type(btf_.resolve(tagged.target)))) return false;
    return add(tag->kind, tag->map_types, offset, kBytes, count);
  }

  /// `count` fields in a row.
  bool add(MapField::Kind kind, uint64_t map_types, uint64_t offset, uint32_t size, uint64_t count) {
    if (count > kMaxFields - found_.size() || !(map_type_ == kObject || map_types >> map_type_ & 1)) return false;
    for (uint64_t i = 0; i < count; ++i) place({kind, 0, size}, offset + i * size);
    return true;
  }

  void place(MapField field, uint64_t offset) {
    overflow_ |= offset > UINT32_MAX;
    field.offset = static_cast<uint32_t>(offset);
    found_.push_back(field);
  }

  /// The fields of a struct in the value, once for each element of an array of it.
  bool nested(const btf::Type& type, uint64_t offset, uint64_t count, uint32_t depth) {
    const size_t first = found_.size();
    const bool before = std::exchange(repeatable_, true);
    if (!members(type, offset, depth)) return false;
    const size_t fields = found_.size() - first;
    if (fields != 0 && count > 1 && (!repeatable_ || fields * count > kMaxFields - first)) return false;
    for (uint64_t i = 1; fields != 0 && i < count; ++i)
      for (size_t j = 0; j < fields; ++j) place(found_[first + j], found_[first + j].offset + i * type.size);
    repeatable_ &= before;
    return true;
  }

  /// Lists and trees want a lock beside them.
  bool has_lock() const noexcept {
    const auto is_lock = [](const Special& row) { return row.name.ends_with("spin_lock"); };
    for (const Special& row : kSpecials)
      if (is_lock(row) && seen_ >> (&row - kSpecials) & 1) return true;
    return std::ranges::none_of(found_, [](const MapField& field) {
      return field.kind == MapField::Kind::list_head || field.kind == MapField::Kind::rb_root;
    });
  }

  /// Inside the value, none reaching into the next (as members of unions could).
  bool in_order(uint32_t size) const {
    uint64_t next = 0;
    for (const MapField& field : found_) {
      if (field.offset < next || uint64_t{field.offset} + field.size > size) return false;
      next = uint64_t{field.offset} + field.size;
    }
    return !overflow_;
  }

  const Btf& btf_;
  const uint32_t map_type_;
  std::vector<MapField> found_;
  uint32_t visits_ = 0;
  uint32_t seen_ = 0;       ///< Rows of kSpecials.
  bool repeatable_ = true;  ///< All found since nested() began may stand in arrays.
  bool overflow_ = false;   ///< An offset of 4 GiB or more.
};

std::vector<MapField> value_fields(const Btf& btf, const MapSpec& spec) {
  constexpr uint32_t kProgramMayNot = kMapReadOnlyProgram | kMapWriteOnlyProgram;
  const uint32_t id = btf.resolve(spec.value_btf_type);
  if (id == 0 || spec.type >= kMapTypeNumbers || (spec.flags & kProgramMayNot)) return {};
  const btf::Type& value = btf.type(id);
  if (value.kind != Kind::data_section && btf.size_of(id) != spec.value_size) return {};
  return Finder(btf, spec.type).find(value, spec.value_size);
}

}  // namespace

std::vector<MapField> object_fields(const Btf& btf, uint32_t type) {
  const btf::Type& value = btf.type(type);
  return value.kind == Kind::structure ? Finder(btf, kObject).find(value, value.size) : std::vector<MapField>{};
}

void read_value_fields(Object& object) {
  if (!object.btf) return;
  for (MapDefinition& map : object.maps) {
    map.spec.fields = value_fields(*object.btf, map.spec);
    if (!map.spec.inner || map.spec.inner->value_btf_type == 0) continue;
    MapSpec inner = *map.spec.inner;
    inner.fields = value_fields(*object.btf, inner);
    map.spec.inner = std::make_shared<const MapSpec>(std::move(inner));
  }
}

}  // namespace saya::object
