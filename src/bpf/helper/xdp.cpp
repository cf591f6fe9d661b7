// net/core/filter.c, Linux 6.18; errors as measured (tests/helper_kernel_test.cpp).
#include "helper/xdp.h"

#include "helper/errno.h"

namespace saya::helper {
namespace {

constexpr uint32_t kMaxSpan = 0xffff;

/// 0 when the frame has these bytes (bpf_xdp_pointer).
int check_span(const Packet& xdp, uint32_t offset, uint32_t size) noexcept {
  if (offset > kMaxSpan || size > kMaxSpan) return -EFAULT;
  return offset + size > xdp.len ? -EINVAL : 0;
}

}  // namespace

uint64_t xdp_adjust_head(Run&, Packet* xdp, int32_t delta) noexcept { return result(adjust_head(*xdp, delta)); }

uint64_t xdp_adjust_meta(Run&, Packet* xdp, int32_t delta) noexcept { return result(adjust_meta(*xdp, delta)); }

uint64_t xdp_adjust_tail(Run&, Packet* xdp, int32_t delta) noexcept { return result(adjust_tail(*xdp, delta)); }

uint64_t xdp_get_buff_len(Run&, Packet* xdp) noexcept { return xdp->len; }

uint64_t xdp_load_bytes(Run&, Packet* xdp, uint32_t offset, std::byte* to, uint32_t size) noexcept {
  if (const int error = check_span(*xdp, offset, size)) return result(error);
  return result(copy_out(*xdp, offset, to, size) ? 0 : -EINVAL);
}

uint64_t xdp_store_bytes(Run&, Packet* xdp, uint32_t offset, const std::byte* from, uint32_t size) noexcept {
  if (const int error = check_span(*xdp, offset, size)) return result(error);
  if (const int error = xdp->shared() ? unclone(*xdp) : 0) return result(error);
  return result(copy_in(*xdp, offset, from, size) ? 0 : -EINVAL);
}

}  // namespace saya::helper
