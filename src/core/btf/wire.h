// The bytes of BTF as the format lays them out; only this room looks at them.
//
//   header | ... types: records one after the other, ids from 1 ... | ... strings: NUL-terminated, the first one empty
//
//   record:  name offset (u32) | info: members 0-15, kind 24-28, flag 31 (u32) | size or type (u32) | extra by kind
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "btf/btf.h"

namespace saya::btf {

inline constexpr uint16_t kMagic = 0xeb9f;
inline constexpr size_t kHeaderBytes = 24;
inline constexpr size_t kRecordBytes = 12;

/// What follows the three words of a record, and what the third word means.
struct Shape {
  std::string_view name;
  uint8_t fixed_bytes = 0;   ///< Extra bytes once.
  uint8_t member_bytes = 0;  ///< Extra bytes for each member.
  bool has_size = false;     ///< The third word is a size.
  bool has_target = false;   ///< The third word is a type id.
};
/// The row of `kind`, which must be one of the enumerators.
const Shape& shape_of(Kind kind) noexcept;

/// The two sections of a `.BTF`, bounds checked.
struct Sections {
  std::span<const std::byte> types;
  std::span<const std::byte> strings;  ///< Not empty; first and last byte are NUL.
};
Result<Sections> split(std::span<const std::byte> bytes);

/// One record of the type section.
struct Record {
  uint32_t id = 0;
  uint32_t offset = 0;  ///< In the type section.
  Kind kind = Kind::unknown;
  bool flag = false;
  uint32_t members = 0;  ///< Or the linkage, for functions.
  uint32_t name = 0;     ///< String offset, checked.
  uint32_t word = 0;     ///< Size or type id.
  std::span<const std::byte> extra;
};
/// Reads the record at `offset` (a boundary inside `sections.types`) and moves `offset` behind it.
Result<Record> next_record(const Sections& sections, uint32_t id, size_t& offset);

/// Longest string that is taken; the rest is cut off. A hostile file may name one huge string in every record, and
/// finding its end each time would take quadratic time. Control characters other than tab also end a string: names and
/// source lines reach terminals.
inline constexpr size_t kMaxStringBytes = 4096;

/// The string at `offset`, which must lie inside `strings` (as split() returned them).
std::string_view string_in(std::span<const std::byte> strings, uint32_t offset) noexcept;

}  // namespace saya::btf
