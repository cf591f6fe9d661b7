// kernel/bpf/helpers.c and kernel/bpf/ringbuf.c, Linux 6.18; errors as measured (tests/parity/dynptr.bpf.c). What a
// view reaches is said once, in helper/dynptr_access.h.
#include "helper/dynptr.h"

#include "helper/errno.h"
#include "map/ringbuf.h"

namespace saya::helper {
namespace {

using Kind = Dynptr::Kind;
using Grant = abi::Grants::Kind;

/// What a constructor that fails leaves is the null view.
uint64_t refuse(Dynptr& view, int error) noexcept {
  view = {};
  return result(error);
}

uint64_t commit(Run& run, Dynptr& view, bool discard) noexcept {
  if (!view.data) return 0;
  abi::revoke(run, view.data);
  RingBuffer::commit(static_cast<std::byte*>(view.data), discard);
  view = {};
  return 0;
}

}  // namespace

uint64_t dynptr_from_mem(Run&, std::byte* memory, uint32_t size, uint64_t flags, Dynptr* view) noexcept {
  if (size > kMostDynptrBytes) return refuse(*view, -E2BIG);
  if (flags) return refuse(*view, -EINVAL);
  *view = make_view(Kind::memory, memory, size, false);
  return 0;
}

uint64_t ringbuf_reserve_dynptr(Run& run, Map* map, uint32_t size, uint64_t flags, Dynptr* view) noexcept {
  if (flags) return refuse(*view, -EINVAL);
  if (size > kMostDynptrBytes) return refuse(*view, -E2BIG);
  std::byte* const record = static_cast<RingBuffer*>(map)->reserve(size);
  if (!record) return refuse(*view, -EINVAL);
  abi::grant(run, Grant::record, record, size, true);
  *view = make_view(Kind::ringbuf, record, size, false);
  return 0;
}

uint64_t ringbuf_submit_dynptr(Run& run, Dynptr* view, uint64_t) noexcept { return commit(run, *view, false); }

uint64_t ringbuf_discard_dynptr(Run& run, Dynptr* view, uint64_t) noexcept { return commit(run, *view, true); }

uint64_t dynptr_read(Run&, std::byte* to, uint32_t size, Dynptr* view, uint32_t offset, uint64_t flags) noexcept {
  return result(flags ? -EINVAL : read_view(*view, offset, to, size));
}

uint64_t dynptr_write(Run& run, Dynptr* view, uint32_t offset, const std::byte* from, uint32_t size,
                      uint64_t flags) noexcept {
  return result(write_view(run, *view, offset, from, size, flags));
}

uint64_t dynptr_data(Run&, Dynptr* view, uint32_t offset, uint32_t size) noexcept {
  const bool in_memory = view->what() == Kind::memory || view->what() == Kind::ringbuf;
  if (!in_memory || view->read_only) return 0;
  return reinterpret_cast<uint64_t>(view_bytes(*view, offset, size));
}

}  // namespace saya::helper
