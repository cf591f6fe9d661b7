// Open-coded iterators: over numbers and over bits. An iterator is 8 or 16 bytes of the program's stack.
#pragma once

#include <cstddef>
#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t bpf_iter_num_new(Run& run, uint64_t* iterator, int32_t start, int32_t end) noexcept;
uint64_t bpf_iter_num_next(Run& run, uint64_t* iterator) noexcept;
uint64_t bpf_iter_num_destroy(Run& run, uint64_t* iterator) noexcept;

/// `address` is any number: bits where nothing can be read are -EFAULT. More than one word is read as it is gone
/// through, not copied before.
uint64_t bpf_iter_bits_new(Run& run, std::byte* iterator, uint64_t address, uint32_t words) noexcept;
uint64_t bpf_iter_bits_next(Run& run, std::byte* iterator) noexcept;
uint64_t bpf_iter_bits_destroy(Run& run, std::byte* iterator) noexcept;

}  // namespace saya::helper
