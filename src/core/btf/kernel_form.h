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
  /// Where a variable lies in its section, if the ELF knows. May be empty. gcc leaves it out of the BTF.
  std::function<std::optional<uint32_t>(std::string_view section, std::string_view variable)> offset_of;
};

/// Gives every data section without a size the size of its ELF section, its variables the offsets that the ELF knows,
/// sorts them by offset, and makes hidden functions static, so that the kernel does not verify them on their own
/// (kernel/bpf/btf.c, Linux 6.18).
/// Variable offsets must be final: the relocations of `.BTF` are applied.
Result<std::vector<std::byte>> kernel_form(std::vector<std::byte> bytes, const ElfFacts& facts);

/// Sorts the `count` variables of a data section that lie at `at` by offset.
void sort_variables(std::byte* at, uint32_t count);

/// Where the loader puts the variables of `.kconfig`.
struct ConfigLayout {
  uint32_t size = 0;  ///< Bytes in all.
  std::function<std::optional<uint32_t>(std::string_view variable)> offset;
};

/// Makes definitions of what BTF calls extern, since BPF_BTF_LOAD takes no externs: variables of `.kconfig` at their
/// offsets, those of `.ksyms` as one int after the other, functions as global ones whose parameters have names
/// (kernel/bpf/btf.c, Linux 6.18; libbpf tells the kernel the same). Type ids do not change; a variable may be appended
/// that stands in `.ksyms` for the functions.
Result<std::vector<std::byte>> define_externs(std::vector<std::byte> bytes, const ConfigLayout& config);

}  // namespace saya::btf
