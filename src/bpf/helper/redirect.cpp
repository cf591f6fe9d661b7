// net/core/filter.c, Linux 6.18 (bpf_redirect, bpf_xdp_redirect, bpf_clone_redirect). Whether the port exists is found
// out later, by the one who carries the redirect out (semantics a.3, a.7).
#include "helper/redirect.h"

#include "helper/errno.h"

namespace saya::helper {
namespace {

constexpr uint64_t kIngress = 1;  // BPF_F_INGRESS.
constexpr uint64_t kXdpAborted = 0, kXdpRedirect = 4;
constexpr uint64_t kTcShot = 2, kTcRedirect = 7;

}  // namespace

uint64_t redirect(Run& run, uint32_t ifindex, uint64_t flags) noexcept {
  using Target = abi::Redirect::Target;
  if (run.hook == abi::Hook::xdp) {
    if (flags) return kXdpAborted;
    run.redirect = {Target::interface, ifindex};
    return kXdpRedirect;
  }
  if (flags & ~kIngress) return kTcShot;
  run.redirect = {flags & kIngress ? Target::interface_ingress : Target::interface, ifindex};
  return kTcRedirect;
}

uint64_t clone_redirect(Run& run, Packet* skb, uint32_t ifindex, uint64_t flags) noexcept {
  if (flags & ~kIngress || !run.services->datapath) return result(-EINVAL);
  const int sent = run.services->datapath->send_clone(*skb, ifindex, flags & kIngress);
  // The program may go on writing to the frame, and the copy must not see that.
  return result(sent == 0 ? unclone(*skb) : sent);
}

}  // namespace saya::helper
