// The steps of CoreResolver::resolve(), one file each, and what they tell each other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "btf/core.h"

namespace saya::btf {

/// What a relocation is about.
enum class CoreFamily : uint8_t { field, type, enum_value };
CoreFamily family_of(CoreKind kind) noexcept;

/// One step of a field's path that means something: a named member, or an array element.
struct Accessor {
  uint32_t type = 0;      ///< The struct or union; the element type.
  uint32_t index = 0;     ///< Of the member, element or enumerator.
  std::string_view name;  ///< Empty for an array element.
};

/// A path into a type of one Btf.
struct Spec {
  uint32_t root = 0;
  CoreKind kind = CoreKind::field_byte_offset;
  std::vector<Accessor> accessors;
  std::vector<uint32_t> raw;  ///< Every index, those into anonymous members included: what the access string has.
  uint32_t bit_offset = 0;
};
inline constexpr size_t kMaxSpec = 64;  ///< BPF_CORE_SPEC_MAX_LEN

/// How many members may still be looked at. Types are hostile: anonymous members can multiply without end.
class Steps {
 public:
  explicit Steps(uint64_t& left) : left_(left) {}
  Result<> take(uint64_t steps = 1);

 private:
  uint64_t& left_;
};

/// What libbpf relocates as one kind: the same, or two enumerations of any width.
bool same_kind(Kind one, Kind other) noexcept;
bool is_composite(Kind kind) noexcept;
bool is_enumeration(Kind kind) noexcept;

/// An array without elements that a struct ends in: its elements have any index. `last` is the step that led to it.
bool is_flexible_array(const Btf& btf, const Accessor& last, const Type& array) noexcept;
/// The bytes of a type, which must have a size.
Result<uint32_t> known_size(const Btf& btf, uint32_t id);

/// The path that the object's compiler wrote. (core_spec.cpp)
Result<Spec> parse_spec(const Btf& local, const CoreQuery& query);
/// Cut after kMaxText bytes: a hostile file may name the same long string in every step of every path.
std::string to_string(const Btf& btf, const Spec& spec);
inline constexpr size_t kMaxText = 255;

/// The same path in type `candidate` of the target, or nothing when it has no such. (core_match.cpp)
Result<std::optional<Spec>> match_spec(const Btf& local, const Spec& spec, const Btf& target, uint32_t candidate,
                                       Steps steps);
/// BPF_CORE_TYPE_EXISTS and its family: whether both are such types, whatever is in them. (core_types.cpp)
Result<bool> types_are_compatible(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id,
                                  Steps steps);
/// BPF_CORE_TYPE_MATCHES: whether the target's type has all that the local one has. (core_types.cpp)
Result<bool> types_match(const Btf& local, uint32_t local_id, const Btf& target, uint32_t target_id, Steps steps);

/// What a path comes to. (core_value.cpp)
struct CoreValue {
  uint64_t value = 0;
  bool check = true;
  bool poison = false;
  uint32_t field_size = 0;  ///< Byte offsets of what is no bit-field: bytes and type of it.
  uint32_t field_type = 0;
};
/// `spec` is null when the target has no such path.
Result<CoreValue> value_of(const Btf& btf, CoreKind kind, const Spec* spec);

}  // namespace saya::btf
