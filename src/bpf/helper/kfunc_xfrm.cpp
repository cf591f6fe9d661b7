// net/xfrm/xfrm_state_bpf.c, Linux 6.18, where there is no IPsec state to be found.
#include "helper/kfunc_xfrm.h"

#include <cerrno>

#include "base/bytes.h"

namespace saya::helper {
namespace {

// struct bpf_xfrm_state_opts: error, netns_id, and what to look for.
constexpr uint32_t kNetnsAt = 4, kOptionsBytes = 36;
constexpr int32_t kCurrentNetns = -1;

int look(const std::byte* options, uint32_t size) noexcept {
  if (size != kOptionsBytes) return -EINVAL;
  const auto netns = load<int32_t>(options + kNetnsAt);
  if (netns < kCurrentNetns) return -EINVAL;
  return netns == kCurrentNetns ? -ENOENT : -ENONET;  // There is one network namespace here.
}

}  // namespace

uint64_t bpf_xdp_get_xfrm_state(Run&, Packet*, std::byte* options, uint32_t size) noexcept {
  if (size >= sizeof(int32_t)) store(options, int32_t{look(options, size)});
  return 0;
}

uint64_t bpf_xdp_xfrm_state_release(Run&, const void*) noexcept { return 0; }

}  // namespace saya::helper
