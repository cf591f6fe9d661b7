// BTF made by hand, word by word.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "btf/btf.h"

namespace saya::tests {

using Words = std::vector<uint32_t>;
using Bytes = std::vector<std::byte>;

/// The second word of a record.
constexpr uint32_t info(btf::Kind kind, uint32_t members = 0, bool flag = false) {
  return static_cast<uint32_t>(kind) << 24 | members | (flag ? 1u << 31 : 0);
}

template <class T>
void append(Bytes& bytes, const T& value) {
  const auto* at = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), at, at + sizeof value);
}

inline Words operator+(Words left, const Words& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// `.BTF` of these records and strings.
Bytes make_btf(const Words& types, std::string_view strings);

}  // namespace saya::tests
