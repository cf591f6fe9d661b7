// What lies behind a dynptr, for the helpers and kernel functions that go through one. Every access is checked against
// what the memory or packet is now, so that a view of a packet that shrank reaches nothing beside it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "abi/dynptr.h"
#include "abi/run.h"

namespace saya::helper {

using abi::Dynptr;
using abi::Run;

/// Bytes that one dynptr may show: DYNPTR_MAX_SIZE, beyond which constructors answer -E2BIG.
inline constexpr uint32_t kMostDynptrBytes = (1u << 24) - 1;

/// A fresh view of `size` bytes, at most kMostDynptrBytes, from the first byte of `data` (a Packet or memory).
Dynptr make_view(Dynptr::Kind kind, void* data, uint32_t size, bool read_only) noexcept;
/// 0 when the view has these bytes, else -E2BIG. The null view has none, but says nothing against 0 bytes at 0.
int check_view(const Dynptr& view, uint32_t offset, uint32_t size) noexcept;

/// Copies bytes of the view to `to`, fragments included. -EINVAL for the null view, -E2BIG beyond the view, and what
/// the packet's own loads answer where it became shorter.
int read_view(const Dynptr& view, uint32_t offset, std::byte* to, uint32_t size) noexcept;
/// Copies `from` into the view. `flags` are those of bpf_skb_store_bytes() for a packet at tc and 0 for all others
/// (-EINVAL). -EINVAL also for a view that is null or only for reading. May move the head of a packet at tc.
int write_view(Run& run, const Dynptr& view, uint32_t offset, const std::byte* from, uint32_t size,
               uint64_t flags) noexcept;
/// Where those bytes of the view lie one behind the other, or null where they do not, or are not the view's.
std::byte* view_bytes(const Dynptr& view, uint32_t offset, uint32_t size) noexcept;

}  // namespace saya::helper
