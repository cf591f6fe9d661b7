// `.BTF` out of any 64-bit ELF file, a kernel's hundreds of megabytes too, without reading the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/result.h"

namespace saya::object {

/// Gives `size` bytes at `offset` of a file, or an error when the file has not so many.
using ReadAt = std::function<Result<std::vector<std::byte>>(uint64_t offset, uint64_t size)>;

/// The bytes of section `.BTF` of a little-endian ELF file for whatever machine, as they lie there: relocations are not
/// applied, which only move variables. Errors say what is wrong or missing.
Result<std::vector<std::byte>> read_btf_section(const ReadAt& file);

}  // namespace saya::object
