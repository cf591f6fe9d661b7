// Which of a fixed number of slots are free: one thread takes, any thread gives back, nobody waits.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace saya {

/// Last in, first out, so that the slot taken next is the one most likely still in the cache. Slots never used yet are
/// handed out only when no used one is free.
///
///   taker:   local_ -> slot -> slot -> none     (no atomics)
///   givers:  returned_ = { count, slot } -> ... (pushed one by one, taken over as a whole: no ABA)
class FreeList {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  /// Check valid() before use: there may have been no memory.
  explicit FreeList(uint32_t slots) noexcept : next_(new(std::nothrow) uint32_t[slots]), slots_(slots) {}
  bool valid() const noexcept { return next_ != nullptr; }

  /// A free slot or kNone. One thread at a time.
  uint32_t take() noexcept;
  /// Any thread; `slot` came from take() and is given back once.
  void give_back(uint32_t slot) noexcept;
  /// How many slots are out. Any thread; exact while none is taking or giving back.
  size_t in_use() const noexcept;

 private:
  static constexpr uint64_t pack(uint64_t count, uint32_t slot) noexcept { return count << 32 | slot; }

  std::unique_ptr<uint32_t[]> next_;
  uint32_t slots_;
  uint32_t local_ = kNone;
  std::atomic<uint32_t> never_taken_from_{0};  ///< Slots from here on have not been used yet.
  std::atomic<uint32_t> local_count_{0};       ///< Atomic for in_use() alone; written by the taker.
  alignas(64) std::atomic<uint64_t> returned_{pack(0, kNone)};
};

}  // namespace saya
