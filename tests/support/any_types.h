// The smallest BTF that the kernel takes a program with static functions, or a storage map, with.
#pragma once

#include <memory>

#include "btf/btf.h"

namespace saya::tests {

inline constexpr uint32_t kAnyInt = 1;       ///< int, 4 bytes.
inline constexpr uint32_t kAnyFunction = 3;  ///< A static function, whichever it is.
inline constexpr uint32_t kAnyWord = 4;      ///< 8 bytes, unsigned.

Result<std::shared_ptr<const btf::Btf>> any_types();

}  // namespace saya::tests
