// The `.BTF` of an object as BPF_BTF_LOAD takes it: clang leaves to the loader what only the finished ELF tells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saya::btf {

/// What the ELF knows and the BTF does not.
struct ElfFacts {
  std::function<std::optional<uint32_t>(std::string_view section)> section_size;
  std::function<bool(std::string_view function)> is_hidden;  ///< STV_HIDDEN or STV_INTERNAL.
};

/// Gives every data section without a size the size of its ELF section, sorts its variables by offset, and makes
/// hidden functions static, so that the kernel does not verify them on their own (kernel/bpf/btf.c, Linux 6.18).
/// Variable offsets must be final: the relocations of `.BTF` are applied.
Result<std::vector<std::byte>> kernel_form(std::vector<std::byte> bytes, const ElfFacts& facts);

}  // namespace saya::btf
