// Spins, then lets others run: the holder may share this core.
#include "map/shared_lock.h"

#include "map/patience.h"

namespace saya {
namespace {

bool try_lock(std::atomic<uint32_t>& word) noexcept {
  return word.load(std::memory_order_relaxed) == 0 && word.exchange(1, std::memory_order_acquire) == 0;
}

}  // namespace

SharedLock::SharedLock(std::atomic<uint32_t>& word) noexcept
    : word_(word), held_(wait_until([&] { return try_lock(word); })) {}

}  // namespace saya
