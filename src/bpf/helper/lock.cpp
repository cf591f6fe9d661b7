// kernel/bpf/helpers.c, Linux 6.18, over a word that workers share. A holder that never lets go stops whoever waits for
// it: the lock's bytes may belong to a program that died, or to another process.
#include "helper/lock.h"

#include "abi/executable.h"
#include "map/fields.h"

namespace saya::helper {

uint64_t spin_lock(Run& run, std::byte* lock) noexcept {
  if (lock_value(lock)) return 0;
  run.faulted = true;
  if (run.services->listener && run.program)
    run.services->listener->on_fault(
        run, {run.program->identity().name, 0, "bpf_spin_lock: nobody gives the lock of a map value back"});
  return 0;
}

uint64_t spin_unlock(Run&, std::byte* lock) noexcept {
  unlock_value(lock);
  return 0;
}

}  // namespace saya::helper
