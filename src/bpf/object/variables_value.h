// Words of the command line as the bytes of a C value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "btf/btf.h"

namespace saya::object {

/// Where a value lies in the bytes of a variable.
struct ValuePlace {
  uint32_t type = 0;        ///< In the object's BTF.
  uint64_t offset = 0;      ///< Bytes; those of the underlying integer for a bit-field.
  uint32_t bit_offset = 0;  ///< From there, for a bit-field.
  uint32_t bit_width = 0;   ///< 0: no bit-field.
};

/// Writes `text` as a value of the type: integers (decimal or hexadecimal), true and false, 'c', enumerators by name,
/// "text" into arrays of characters, lists with or without braces into arrays. What an array gets no value for becomes
/// zero. Errors name the type, the text and the limit; the bytes may then be written in part.
Result<> write_value(const btf::Btf& btf, const ValuePlace& place, std::string_view text, std::span<std::byte> bytes);

/// "__u16[4]", "struct config": a type as C writes it, without the qualifiers that most variables have here.
std::string type_text(const btf::Btf& btf, uint32_t type);

}  // namespace saya::object
