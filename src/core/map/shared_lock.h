// A lock in shared memory, for the maps whose kernel counterparts take one too. A holder that died does not stop the
// others for ever.
#pragma once

#include <atomic>
#include <cstdint>

namespace saya {

/// Holds `word` (0: free, 1: held) until destroyed, or tells that its holder is not coming back: after 250 ms, as the
/// kernel's resilient spin lock.
class SharedLock {
 public:
  explicit SharedLock(std::atomic<uint32_t>& word) noexcept;
  ~SharedLock() {
    if (held_) word_.store(0, std::memory_order_release);
  }
  SharedLock(const SharedLock&) = delete;
  SharedLock& operator=(const SharedLock&) = delete;
  explicit operator bool() const noexcept { return held_; }

 private:
  std::atomic<uint32_t>& word_;
  const bool held_;
};

}  // namespace saya
