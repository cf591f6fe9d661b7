// The printf dialect of BPF programs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace saya::helper {

inline constexpr size_t kMaxPrinted = 1024;  ///< MAX_BPRINTF_BUF: bytes of a line, its NUL included.

/// Formats as bpf_trace_printk() does: %d %i %u %x %X with l and ll, %c, %s, %p and its kinds (%px %pI4 %pi6 %pks ...),
/// flags "-+ 0" and a width. `format` ends at its NUL. Writes what fits and a NUL to `out`; returns the whole length,
/// or -EINVAL for what the kernel refuses: no NUL, more conversions than values, another conversion, an unprintable
/// byte. Pointers are read with care: a wild one prints as nothing.
int64_t print(std::string_view format, std::span<const uint64_t> values, std::span<char> out) noexcept;

inline constexpr size_t kMostPrintValues = 12;  ///< MAX_BPRINTF_VARARGS
/// The values of a line from `size` bytes that a program hands over, copied into `storage`; nothing when the kernel
/// refuses so many, or bytes that are no whole values.
std::optional<std::span<const uint64_t>> print_values(const std::byte* bytes, uint32_t size,
                                                      std::array<uint64_t, kMostPrintValues>& storage) noexcept;

}  // namespace saya::helper
