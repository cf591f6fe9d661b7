// The kernel functions of dynptrs. What lies behind one is helper/dynptr_access.h's.
#pragma once

#include "helper/dynptr_access.h"

namespace saya::helper {

uint64_t bpf_dynptr_from_skb(Run& run, Packet* skb, uint64_t flags, Dynptr* view) noexcept;
uint64_t bpf_dynptr_from_skb_meta(Run& run, Packet* skb, uint64_t flags, Dynptr* view) noexcept;
uint64_t bpf_dynptr_from_xdp(Run& run, Packet* xdp, uint64_t flags, Dynptr* view) noexcept;

uint64_t bpf_dynptr_slice(Run& run, Dynptr* view, uint32_t offset, std::byte* buffer, uint32_t size) noexcept;
uint64_t bpf_dynptr_slice_rdwr(Run& run, Dynptr* view, uint32_t offset, std::byte* buffer, uint32_t size) noexcept;

uint64_t bpf_dynptr_adjust(Run& run, Dynptr* view, uint32_t start, uint32_t end) noexcept;
uint64_t bpf_dynptr_clone(Run& run, Dynptr* view, Dynptr* copy) noexcept;
uint64_t bpf_dynptr_size(Run& run, Dynptr* view) noexcept;
uint64_t bpf_dynptr_is_null(Run& run, Dynptr* view) noexcept;
uint64_t bpf_dynptr_is_rdonly(Run& run, Dynptr* view) noexcept;

uint64_t bpf_dynptr_copy(Run& run, Dynptr* to, uint32_t to_offset, Dynptr* from, uint32_t from_offset,
                         uint32_t size) noexcept;
uint64_t bpf_dynptr_memset(Run& run, Dynptr* view, uint32_t offset, uint32_t size, uint8_t value) noexcept;

}  // namespace saya::helper
