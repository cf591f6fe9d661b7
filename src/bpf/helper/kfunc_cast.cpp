// kernel/bpf/helpers.c, Linux 6.18.
#include "helper/kfunc_cast.h"

namespace saya::helper {

uint64_t bpf_rdonly_cast(Run&, uint64_t pointer, uint32_t) noexcept { return pointer; }

}  // namespace saya::helper
