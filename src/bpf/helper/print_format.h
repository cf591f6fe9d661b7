// The printf dialect of BPF programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace saya::helper {

inline constexpr size_t kMaxPrinted = 1024;  ///< MAX_BPRINTF_BUF: bytes of a line, its NUL included.

/// Formats as bpf_trace_printk() does: %d %i %u %x %X with l and ll, %c, %s, %p and its kinds (%px %pI4 %pi6 %pks ...),
/// flags "-+ 0" and a width. `format` ends at its NUL. Writes what fits and a NUL to `out`; returns the whole length,
/// or -EINVAL for what the kernel refuses: no NUL, more conversions than values, another conversion, an unprintable
/// byte. Pointers are read with care: a wild one prints as nothing.
int64_t print(std::string_view format, std::span<const uint64_t> values, std::span<char> out) noexcept;

}  // namespace saya::helper
