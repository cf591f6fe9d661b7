// Objects that programs own: making them and giving them back.
#pragma once

#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

// `type` is an id of the program's BTF; `meta` is the kernel verifier's word to itself.
uint64_t bpf_obj_new_impl(Run& run, uint64_t type, uint64_t meta) noexcept;
uint64_t bpf_obj_drop_impl(Run& run, std::byte* object, uint64_t meta) noexcept;
uint64_t bpf_percpu_obj_new_impl(Run& run, uint64_t type, uint64_t meta) noexcept;
uint64_t bpf_percpu_obj_drop_impl(Run& run, std::byte* object, uint64_t meta) noexcept;
uint64_t bpf_refcount_acquire_impl(Run& run, std::byte* object, uint64_t meta) noexcept;

uint64_t bpf_kfunc_call_test_release(Run& run, const void* object) noexcept;

}  // namespace saya::helper
