// bpf_kptr_xchg() of kernel/bpf/helpers.c, Linux 6.18.
#include "helper/object.h"

#include <atomic>

namespace saya::helper {

uint64_t kptr_xchg(Run& run, std::byte* place, const void* object) noexcept {
  const std::atomic_ref<uint64_t> pointer(*reinterpret_cast<uint64_t*>(place));
  const uint64_t before = pointer.exchange(reinterpret_cast<uint64_t>(object), std::memory_order_acq_rel);
  if (object) abi::revoke(run, object);
  if (before) abi::grant(run, abi::Grants::Kind::object, reinterpret_cast<const void*>(before), 0, false);
  return before;
}

}  // namespace saya::helper
