// bpf_trace_printk() and bpf_trace_vprintk(): a line for people.
#pragma once

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t trace_printk(Run& run, const std::byte* format, uint32_t size, uint64_t a, uint64_t b, uint64_t c) noexcept;
uint64_t trace_vprintk(Run& run, const std::byte* format, uint32_t size, const std::byte* values,
                       uint32_t values_size) noexcept;

}  // namespace saya::helper
