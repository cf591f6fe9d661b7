// kernel/bpf/rqspinlock.c and kernel/bpf/helpers.c, Linux 6.18.
#include "helper/kfunc_lock.h"

#include <atomic>

#include "helper/errno.h"

namespace saya::helper {
namespace {

constexpr uint32_t kSpins = 1u << 22;  ///< Some milliseconds; the kernel gives up after a quarter of a second.

uint32_t holder(const Run& run) { return run.services->cpu + 1; }

int take(uint32_t& lock, uint32_t self) {
  const std::atomic_ref<uint32_t> word(lock);
  for (uint32_t spin = 0; spin < kSpins; ++spin) {
    uint32_t seen = 0;
    if (word.compare_exchange_weak(seen, self, std::memory_order_acquire)) return 0;
    if (seen == self) return -EDEADLK;
  }
  return -ETIMEDOUT;
}

}  // namespace

uint64_t bpf_res_spin_lock(Run& run, uint32_t* lock) noexcept { return result32(take(*lock, holder(run))); }

/// Only the holder's own: an unverified program may unlock what it never locked.
uint64_t bpf_res_spin_unlock(Run& run, uint32_t* lock) noexcept {
  uint32_t self = holder(run);
  std::atomic_ref<uint32_t>(*lock).compare_exchange_strong(self, 0, std::memory_order_release);
  return 0;
}

uint64_t bpf_res_spin_lock_irqsave(Run& run, uint32_t* lock, uint64_t*) noexcept {
  return bpf_res_spin_lock(run, lock);
}

uint64_t bpf_res_spin_unlock_irqrestore(Run& run, uint32_t* lock, uint64_t*) noexcept {
  return bpf_res_spin_unlock(run, lock);
}

uint64_t bpf_local_irq_save(Run&, uint64_t*) noexcept { return 0; }
uint64_t bpf_local_irq_restore(Run&, uint64_t*) noexcept { return 0; }
uint64_t bpf_preempt_disable(Run&) noexcept { return 0; }
uint64_t bpf_preempt_enable(Run&) noexcept { return 0; }
uint64_t bpf_rcu_read_lock(Run&) noexcept { return 0; }
uint64_t bpf_rcu_read_unlock(Run&) noexcept { return 0; }

}  // namespace saya::helper
