// net/core/filter.c, Linux 6.18; errors as measured (tests/helper_kernel_test.cpp).
#include "helper/skb.h"

#include <climits>
#include <cstring>

#include "helper/errno.h"

namespace saya::helper {
namespace {

constexpr uint64_t kRecomputeChecksum = 1, kInvalidateHash = 2;  // BPF_F_RECOMPUTE_CSUM, BPF_F_INVALIDATE_HASH.

}  // namespace

int make_writable(Packet& skb, uint32_t size) noexcept {
  if (const int error = pull(skb, size)) return error;
  return skb.shared() ? unclone(skb) : 0;
}

uint64_t skb_store_bytes(Run&, Packet* skb, uint32_t offset, const std::byte* from, uint32_t size,
                         uint64_t flags) noexcept {
  if (flags & ~(kRecomputeChecksum | kInvalidateHash)) return result(-EINVAL);
  if (offset > INT_MAX || make_writable(*skb, offset + size) != 0) return result(-EFAULT);
  // kRecomputeChecksum corrects a sum that a device computed over the frame; saya's devices hand none over.
  std::memcpy(skb->data + offset, from, size);
  if (flags & kInvalidateHash) skb->skb.hash = 0;
  return 0;
}

uint64_t skb_load_bytes(Run&, Packet* skb, uint32_t offset, std::byte* to, uint32_t size) noexcept {
  if (offset <= INT_MAX && copy_out(*skb, offset, to, size)) return 0;
  std::memset(to, 0, size);
  return result(-EFAULT);
}

uint64_t skb_pull_data(Run&, Packet* skb, uint32_t size) noexcept {
  return result(make_writable(*skb, size ? size : static_cast<uint32_t>(skb->linear_size())));
}

uint64_t set_hash_invalid(Run&, Packet* skb) noexcept {
  skb->skb.hash = 0;
  return 0;
}

}  // namespace saya::helper
