// FreeList: a private stack for the taker, refilled from a shared one that is emptied in one exchange.
#include "packet/free_list.h"

namespace saya {

uint32_t FreeList::take() noexcept {
  if (local_ == kNone) {
    const uint64_t returned = returned_.load(std::memory_order_relaxed) == pack(0, kNone)
                                  ? pack(0, kNone)
                                  : returned_.exchange(pack(0, kNone), std::memory_order_acquire);
    local_ = static_cast<uint32_t>(returned);
    local_count_.store(static_cast<uint32_t>(returned >> 32), std::memory_order_relaxed);
  }
  if (local_ == kNone) {
    const uint32_t fresh = never_taken_from_.load(std::memory_order_relaxed);
    if (fresh == slots_) return kNone;
    never_taken_from_.store(fresh + 1, std::memory_order_relaxed);
    return fresh;
  }
  const uint32_t slot = local_;
  local_ = next_[slot];
  local_count_.store(local_count_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
  return slot;
}

void FreeList::give_back(uint32_t slot) noexcept {
  uint64_t head = returned_.load(std::memory_order_relaxed);
  uint64_t mine = 0;
  do {
    next_[slot] = static_cast<uint32_t>(head);
    mine = pack((head >> 32) + 1, slot);
  } while (!returned_.compare_exchange_weak(head, mine, std::memory_order_release, std::memory_order_relaxed));
}

size_t FreeList::in_use() const noexcept {
  const uint64_t taken_once = never_taken_from_.load(std::memory_order_relaxed);
  const uint64_t free_again =
      (returned_.load(std::memory_order_relaxed) >> 32) + local_count_.load(std::memory_order_relaxed);
  return taken_once > free_again ? taken_once - free_again : 0;
}

}  // namespace saya
