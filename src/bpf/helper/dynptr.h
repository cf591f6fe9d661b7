// bpf_dynptr_*(): views of memory whose size the verifier need not know.
#pragma once

#include "helper/dynptr_access.h"
#include "map/map.h"

namespace saya::helper {

uint64_t dynptr_from_mem(Run& run, std::byte* memory, uint32_t size, uint64_t flags, Dynptr* view) noexcept;
uint64_t ringbuf_reserve_dynptr(Run& run, Map* map, uint32_t size, uint64_t flags, Dynptr* view) noexcept;
uint64_t ringbuf_submit_dynptr(Run& run, Dynptr* view, uint64_t flags) noexcept;
uint64_t ringbuf_discard_dynptr(Run& run, Dynptr* view, uint64_t flags) noexcept;
uint64_t dynptr_read(Run& run, std::byte* to, uint32_t size, Dynptr* view, uint32_t offset, uint64_t flags) noexcept;
uint64_t dynptr_write(Run& run, Dynptr* view, uint32_t offset, const std::byte* from, uint32_t size,
                      uint64_t flags) noexcept;
uint64_t dynptr_data(Run& run, Dynptr* view, uint32_t offset, uint32_t size) noexcept;

}  // namespace saya::helper
