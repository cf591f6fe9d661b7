// kernel/bpf/crypto.c, Linux 6.18. A context comes from a program of type syscall, and those do not run here: whatever
// a program hands over is none.
#include "helper/kfunc_crypto.h"

#include "helper/errno.h"

namespace saya::helper {

uint64_t bpf_crypto_decrypt(Run&, const void*, Dynptr*, Dynptr*, uint64_t) noexcept { return result32(-EINVAL); }
uint64_t bpf_crypto_encrypt(Run&, const void*, Dynptr*, Dynptr*, uint64_t) noexcept { return result32(-EINVAL); }

}  // namespace saya::helper
