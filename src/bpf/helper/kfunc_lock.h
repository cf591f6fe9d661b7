// Critical sections: resilient spin locks, and those that mean nothing to a worker.
#pragma once

#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

/// `lock` is 0, or one more than the number of the worker that holds it. -EDEADLK when that is this one, -ETIMEDOUT
/// when it stays another's.
uint64_t bpf_res_spin_lock(Run& run, uint32_t* lock) noexcept;
uint64_t bpf_res_spin_unlock(Run& run, uint32_t* lock) noexcept;
uint64_t bpf_res_spin_lock_irqsave(Run& run, uint32_t* lock, uint64_t* flags) noexcept;
uint64_t bpf_res_spin_unlock_irqrestore(Run& run, uint32_t* lock, uint64_t* flags) noexcept;

uint64_t bpf_local_irq_save(Run& run, uint64_t* flags) noexcept;
uint64_t bpf_local_irq_restore(Run& run, uint64_t* flags) noexcept;
uint64_t bpf_preempt_disable(Run& run) noexcept;
uint64_t bpf_preempt_enable(Run& run) noexcept;
uint64_t bpf_rcu_read_lock(Run& run) noexcept;
uint64_t bpf_rcu_read_unlock(Run& run) noexcept;

}  // namespace saya::helper
