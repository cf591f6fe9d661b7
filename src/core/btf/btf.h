// A bounds-checked reader of BTF (Linux 6.18 Documentation/bpf/btf.rst). Every id, offset and length in it is hostile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saya::btf {

/// BTF_KIND_*; values are the format's.
enum class Kind : uint8_t {
  unknown = 0,
  integer,
  pointer,
  array,
  structure,
  union_,
  enumeration,
  forward,
  type_alias,
  volatile_,
  const_,
  restrict_,
  function,
  function_proto,
  variable,
  data_section,
  floating,
  decl_tag,
  type_tag,
  enumeration64
};

/// One type. `members` carries what the kind has: struct members, enumerators, parameters or section variables.
struct Member {
  std::string_view name;
  uint32_t type = 0;
  uint32_t offset = 0;  ///< Bits for members, bytes for section variables.
  uint32_t size = 0;    ///< Bit-field width in bits (0: none); bytes for section variables.
  int64_t value = 0;    ///< Enumerators.
};
struct Type {
  std::string_view name;
  std::span<const Member> members;  ///< Owned by the Btf.
  Kind kind = Kind::unknown;
  bool flag = false;        ///< The record's kind_flag. Enumerations: signed; forwards: of a union.
  uint8_t encoding = 0;     ///< Integers: BTF_INT_SIGNED (1), BTF_INT_CHAR (2), BTF_INT_BOOL (4).
  uint8_t bit_offset = 0;   ///< Integers of an old form of bit-field.
  uint32_t size = 0;        ///< Bytes, for the kinds that have one.
  uint32_t target = 0;      ///< Pointed-to, aliased, element or return type.
  uint32_t index_type = 0;  ///< Arrays.
  uint32_t elements = 0;    ///< Arrays.
  uint32_t linkage = 0;     ///< Functions and variables: 0 static, 1 global, 2 extern.
};

/// Where an instruction came from.
struct Line {
  uint32_t offset = 0;  ///< Byte offset in its ELF section.
  std::string_view file;
  std::string_view text;
  uint32_t line = 0;
  uint32_t column = 0;
};
/// Which BTF function starts where.
struct FunctionInfo {
  uint32_t offset = 0;
  uint32_t type = 0;
};

class NameIndex;

/// The BTF of one object. Owns its bytes; views returned by it live as long as it does. Immutable. Strings
/// appear cut after 4096 bytes and before a control character, since they reach terminals.
class Btf {
 public:
  ~Btf();

  /// Parses `.BTF`; names the type id and offset of the first thing that is wrong. Memory stays within a constant times
  /// the input's size.
  static Result<std::shared_ptr<const Btf>> parse(std::span<const std::byte> bytes);
  /// The same of bytes that are handed over.
  static Result<std::shared_ptr<const Btf>> parse(std::vector<std::byte>&& bytes);

  /// Number of types, void included; ids run from 0 to count() - 1.
  uint32_t count() const noexcept { return static_cast<uint32_t>(types_.size()); }
  /// The type, or void's for an id out of range.
  const Type& type(uint32_t id) const noexcept { return types_[id < types_.size() ? id : 0]; }
  /// The first type of that kind and name.
  std::optional<uint32_t> find(Kind kind, std::string_view name) const noexcept;
  /// The types that CO-RE may take for one of that kind and name, in id order: those whose names are equal up to the
  /// flavour ("___old"); an enumeration of either width for an enumeration.
  std::vector<uint32_t> candidates(Kind kind, std::string_view name) const;
  /// Follows typedefs and qualifiers (bounded: cycles end in void).
  uint32_t resolve(uint32_t id) const noexcept;
  /// Bytes a value of the type takes; nothing for types without a size and for cycles.
  std::optional<uint32_t> size_of(uint32_t id) const noexcept;
  std::optional<std::string_view> string_at(uint32_t offset) const noexcept;
  /// The section's bytes, for BPF_BTF_LOAD.
  std::span<const std::byte> raw() const noexcept { return bytes_; }

 private:
  /// Built by the first question that needs it.
  struct LazyIndex {
    std::once_flag once;
    std::unique_ptr<const NameIndex> index;
  };
  const NameIndex& index(LazyIndex& lazy, std::string_view (*part)(std::string_view)) const;

  Btf();
  std::vector<std::byte> bytes_;
  std::vector<Type> types_;
  std::vector<Member> members_;  ///< Of all types, one after the other.
  std::span<const std::byte> strings_;
  mutable LazyIndex names_, flavours_;
};

/// BPF_CORE_*: what a CO-RE relocation asks of the target's types; values are the format's.
enum class CoreKind : uint8_t {
  field_byte_offset = 0,
  field_byte_size,
  field_exists,
  field_signed,
  field_lshift_u64,
  field_rshift_u64,
  type_id_local,
  type_id_target,
  type_exists,
  type_size,
  enum_value_exists,
  enum_value,
  type_matches
};
struct CoreQuery {
  uint32_t type = 0;        ///< In the object's own BTF.
  std::string_view access;  ///< "0:1:2": indices of members, array elements or the enumerator.
  CoreKind kind = CoreKind::field_byte_offset;
};
/// An instruction whose immediate or offset follows from the types of the kernel that it will run on.
struct CoreRelocation {
  uint32_t offset = 0;  ///< Byte offset in its ELF section.
  CoreQuery query;
};

/// `.BTF.ext`: lines, function infos and CO-RE relocations per ELF section name, in offset order.
struct SectionInfo {
  std::string_view section;
  std::vector<FunctionInfo> functions;
  std::vector<Line> lines;
  std::vector<CoreRelocation> relocations;
};
Result<std::vector<SectionInfo>> parse_ext(const Btf& btf, std::span<const std::byte> bytes);

}  // namespace saya::btf
