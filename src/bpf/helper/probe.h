// bpf_probe_read_*(), bpf_copy_from_user*(): memory that nobody vouches for.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t probe_read_kernel(Run& run, std::byte* to, uint32_t size, uint64_t from) noexcept;
uint64_t probe_read_kernel_str(Run& run, std::byte* to, uint32_t size, uint64_t from) noexcept;
uint64_t probe_read_user(Run& run, std::byte* to, uint32_t size, uint64_t from) noexcept;
uint64_t probe_read_user_str(Run& run, std::byte* to, uint32_t size, uint64_t from) noexcept;
uint64_t copy_from_user(Run& run, std::byte* to, uint32_t size, uint64_t from) noexcept;
uint64_t copy_from_user_task(Run& run, std::byte* to, uint32_t size, uint64_t from, const void* task,
                             uint64_t flags) noexcept;

}  // namespace saya::helper
