// kernel/bpf/helpers.c, Linux 6.18.
#include "helper/kfunc_throw.h"

namespace saya::helper {

uint64_t bpf_throw(Run&, uint64_t) noexcept { return 0; }

}  // namespace saya::helper
