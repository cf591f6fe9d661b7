// net/xfrm/xfrm_state_bpf.c, Linux 6.18, where no state is set up and there is one network namespace.
#include "helper/kfunc_xfrm.h"

#include "base/bytes.h"
#include "helper/errno.h"

namespace saya::helper {
namespace {

constexpr uint32_t kOptions = 36;  // BPF_XFRM_STATE_OPTS_SZ
constexpr size_t kNetns = 4;       // Of netns_id in them.

int32_t error_of(const std::byte* options, uint32_t size) noexcept {
  const int32_t netns = size == kOptions ? load<int32_t>(options + kNetns) : -2;
  if (netns < -1) return -EINVAL;  // BPF_F_CURRENT_NETNS
  return netns >= 0 ? -ENONET : -ENOENT;
}

}  // namespace

uint64_t bpf_xdp_get_xfrm_state(Run&, Packet*, std::byte* options, uint32_t size) noexcept {
  if (size >= sizeof(int32_t)) store(options, error_of(options, size));
  return 0;
}

uint64_t bpf_xdp_xfrm_state_release(Run&, const void*) noexcept { return 0; }

}  // namespace saya::helper
