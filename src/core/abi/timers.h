// Things that happen later, in the clock of the one who runs them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "base/time.h"

namespace saya::abi {

/// A queue of deadlines; not shared between threads. Equal deadlines fire in the order in
/// which they were armed, so that a replay repeats.
class TimerQueue {
 public:
  using Id = uint64_t;
  /// Runs `action(now)` once `deadline` has come. The action may arm and cancel timers.
  Id arm(Nanoseconds deadline, std::function<void(Nanoseconds)> action);
  /// False when it has fired already or never existed.
  bool cancel(Id id);
  /// When the next timer is due; nothing while empty.
  std::optional<Nanoseconds> next_deadline() const;
  /// Fires everything due at `now`, earliest first, also what the actions arm for `now` or before; at most `limit`
  /// actions, so that a timer that re-arms itself cannot hold the worker. Returns how many fired.
  size_t fire(Nanoseconds now, size_t limit = 65536);

 private:
  using Key = std::pair<Nanoseconds, Id>;
  std::map<Key, std::function<void(Nanoseconds)>> queue_;
  std::map<Id, Nanoseconds> deadline_of_;
  Id next_id_ = 1;
};

}  // namespace saya::abi
