// net/core/xdp.c and net/core/filter.c, Linux 6.18.
#include "helper/kfunc_xdp.h"

#include "helper/errno.h"

namespace saya::helper {

uint64_t bpf_xdp_metadata_rx_hash(Run&, Packet*, uint32_t*, uint32_t*) noexcept { return result32(-EOPNOTSUPP); }
uint64_t bpf_xdp_metadata_rx_timestamp(Run&, Packet*, uint64_t*) noexcept { return result32(-EOPNOTSUPP); }
uint64_t bpf_xdp_metadata_rx_vlan_tag(Run&, Packet*, uint16_t*, uint16_t*) noexcept { return result32(-EOPNOTSUPP); }

uint64_t bpf_xdp_pull_data(Run&, Packet* xdp, uint32_t size) noexcept {
  return result32(pull(*xdp, size) == 0 ? 0 : -EINVAL);
}

}  // namespace saya::helper
