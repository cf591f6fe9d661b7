// Snapshots: what control publishes and workers read without a lock. Reclamation is liburcu's QSBR.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace saya {

/// Makes the calling thread a reader for this object's lifetime: it may hold pointers from Published::read() between
/// two calls of quiescent(). Created and destroyed on the same thread; one per thread.
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// "I hold no snapshot now." A worker calls it once per burst.
  void quiescent() noexcept;
  /// Around anything that may sleep: a reader that is offline never delays a grace period.
  void go_offline() noexcept;
  void go_online() noexcept;
};

/// Waits until every Reader that is online has been quiescent once. Must not be called by an online Reader that holds
/// a snapshot: it would read freed memory afterwards. (A calling Reader counts as quiescent.)
void wait_for_readers() noexcept;

/// One immutable T, replaced as a whole. read() is wait-free, from Reader threads; publish() swaps atomically and
/// frees the old value once no reader can hold it. Several publishers are allowed; each waits for its own old value.
template <class T>
class Published {
 public:
  explicit Published(std::unique_ptr<const T> first = std::make_unique<const T>()) : current_(first.release()) {}
  Published(const Published&) = delete;
  Published& operator=(const Published&) = delete;
  /// Readers must be gone: the owner of the snapshot outlives its workers.
  ~Published() { delete current_.load(std::memory_order_relaxed); }

  /// Valid until the calling Reader's next quiescent().
  const T& read() const noexcept { return *current_.load(std::memory_order_acquire); }

  void publish(std::unique_ptr<const T> next) {
    std::unique_ptr<const T> old(current_.exchange(next.release(), std::memory_order_acq_rel));
    wait_for_readers();
  }

 private:
  std::atomic<const T*> current_;
};

}  // namespace saya
