// Text: bpf_strtol() and family, bpf_strncmp(), bpf_snprintf().
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t strtol(Run& run, const std::byte* text, uint32_t size, uint64_t flags, uint64_t* value) noexcept;
uint64_t strtoul(Run& run, const std::byte* text, uint32_t size, uint64_t flags, uint64_t* value) noexcept;
uint64_t strncmp(Run& run, const std::byte* text, uint32_t size, const char* other) noexcept;
uint64_t snprintf(Run& run, std::byte* to, uint32_t size, const char* format, const std::byte* values,
                  uint32_t values_size) noexcept;
uint64_t snprintf_btf(Run& run, std::byte* to, uint32_t size, const std::byte* pointer, uint32_t pointer_size,
                      uint64_t flags) noexcept;

}  // namespace saya::helper
