// The timers that programs keep in map values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "abi/executable.h"
#include "abi/timers.h"
#include "map/map.h"

namespace saya::abi {

/// Every `struct bpf_timer` of the maps that one NIC's programs use, shared by its workers: members may be called from
/// any thread. A timer's bytes in the map hold its number here and nothing else; a map that zeroes them (the element is
/// deleted or gets another value) has cancelled it, and bytes that somebody made up are no timer.
class MapTimers {
 public:
  static constexpr size_t kMostTimers = size_t{1} << 20;  ///< A bound on what programs make us remember.

  /// Makes the bytes at `timer`, in a value of `map`, a timer. -EBUSY when they are one; -ENOMEM; -EPERM for a map that
  /// nobody owns.
  int init(std::byte* timer, Map& map) noexcept;
  /// What it will call: a function of `program`, which lives as long as the timer may fire. -EINVAL when the bytes are
  /// no timer, as of all that follow.
  int set_callback(std::byte* timer, ExecutablePtr program, uint64_t function) noexcept;
  /// Arms it, or moves its deadline. -EINVAL without a callback.
  int start(std::byte* timer, Nanoseconds deadline) noexcept;
  /// 1 when it was armed, else 0; it has no callback afterwards. -EDEADLK from its own callback on worker `cpu`.
  int cancel(std::byte* timer, uint32_t cpu) noexcept;

  /// When the next timer is due; nothing while none is armed.
  std::optional<Nanoseconds> next_deadline() const noexcept;
  /// Calls everything due at `now`, earliest first, on the worker that lends `services`; at most `limit` calls, so that
  /// a timer that arms itself cannot hold the worker. Returns how many were due.
  size_t fire(Nanoseconds now, const Services& services, size_t limit = 65536) noexcept;

 private:
  using Number = uint64_t;
  struct Timer {
    std::byte* place;  ///< In the map's memory, valid while `map` is.
    std::weak_ptr<Map> map;
    ExecutablePtr program = nullptr;  ///< Null without a callback.
    uint64_t function = 0;
    std::optional<TimerQueue::Id> armed = {};
    std::optional<uint32_t> running_on = {};  ///< The worker that is inside its callback.
  };
  /// One call to make, and all that it needs to stay alive meanwhile.
  struct Call {
    Number number;
    MapPtr map;
    ExecutablePtr program;
    uint64_t function;
    std::byte* place;
  };

  bool is_alive(Number number, const Timer& timer) const noexcept;
  Timer* find(std::byte* timer) noexcept;
  void disarm(Timer& timer) noexcept;
  void forget_dead() noexcept;
  std::optional<Call> begin(Number number, uint32_t cpu) noexcept;
  void end(Number number) noexcept;
  static void make(const Call& call, const Services& services) noexcept;

  mutable std::mutex mutex_;  ///< Over everything below; never held during a call.
  std::unordered_map<Number, Timer> timers_;
  TimerQueue queue_;
  Number next_ = 1;
  std::optional<Number> due_;  ///< What the queue fired last.
  size_t forget_at_ = 1024;    ///< How many timers make it worth looking for dead ones.
};

}  // namespace saya::abi
