// Whether bytes are an object that saya can read at all.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"

namespace saya::object {

/// Takes whole little-endian ELF64 relocatable files for BPF; of anything else, says in one sentence what it is.
Result<> check_identity(std::span<const std::byte> bytes);

}  // namespace saya::object
