// Texts at addresses that nobody vouches for. Every function answers -ERANGE where no memory can be, -EFAULT where a
// text cannot be read to its end, -E2BIG where it has 65536 characters or more.
#pragma once

#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t bpf_strcmp(Run& run, uint64_t one, uint64_t other) noexcept;
uint64_t bpf_strcasecmp(Run& run, uint64_t one, uint64_t other) noexcept;
uint64_t bpf_strlen(Run& run, uint64_t text) noexcept;
uint64_t bpf_strnlen(Run& run, uint64_t text, uint64_t most) noexcept;
uint64_t bpf_strchr(Run& run, uint64_t text, uint8_t wanted) noexcept;
uint64_t bpf_strchrnul(Run& run, uint64_t text, uint8_t wanted) noexcept;
uint64_t bpf_strnchr(Run& run, uint64_t text, uint64_t most, uint8_t wanted) noexcept;
uint64_t bpf_strrchr(Run& run, uint64_t text, int32_t wanted) noexcept;
uint64_t bpf_strspn(Run& run, uint64_t text, uint64_t accepted) noexcept;
uint64_t bpf_strcspn(Run& run, uint64_t text, uint64_t rejected) noexcept;
uint64_t bpf_strstr(Run& run, uint64_t text, uint64_t wanted) noexcept;
uint64_t bpf_strnstr(Run& run, uint64_t text, uint64_t wanted, uint64_t most) noexcept;

}  // namespace saya::helper
