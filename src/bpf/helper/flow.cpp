// kernel/bpf/bpf_iter.c (bpf_loop), Linux 6.18.
#include "helper/flow.h"

#include "helper/errno.h"

namespace saya::helper {
namespace {

constexpr uint32_t kMaxLoops = 8388608;  // BPF_MAX_LOOPS.

}  // namespace

uint64_t loop(Run& run, uint32_t count, uint64_t function, uint64_t context, uint64_t flags) noexcept {
  if (flags) return result(-EINVAL);
  // The kernel's verifier inlines the loop, and what it puts here moves 32 bits: no negative long (measured).
  if (count > kMaxLoops) return static_cast<uint32_t>(-E2BIG);
  for (uint32_t i = 0; i < count; ++i)
    if (run.invoke(run, function, i, context, 0, 0, 0)) return i + 1;
  return count;
}

uint64_t tail_call(Run&, Packet*, Map*, uint32_t) noexcept { return result(-EINVAL); }

}  // namespace saya::helper
