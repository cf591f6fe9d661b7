// An ordered map of deadlines: timers are few, and order is the point.
#include "abi/timers.h"

namespace saya::abi {

TimerQueue::Id TimerQueue::arm(Nanoseconds deadline, std::function<void(Nanoseconds)> action) {
  const Id id = next_id_++;
  queue_.emplace(Key{deadline, id}, std::move(action));
  deadline_of_.emplace(id, deadline);
  return id;
}

bool TimerQueue::cancel(Id id) {
  const auto found = deadline_of_.find(id);
  if (found == deadline_of_.end()) return false;
  queue_.erase(Key{found->second, id});
  deadline_of_.erase(found);
  return true;
}

std::optional<Nanoseconds> TimerQueue::next_deadline() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.begin()->first.first;
}

size_t TimerQueue::fire(Nanoseconds now, size_t limit) {
  size_t fired = 0;
  while (fired < limit && !queue_.empty() && queue_.begin()->first.first <= now) {
    auto due = queue_.extract(queue_.begin());
    deadline_of_.erase(due.key().second);
    due.mapped()(now);
    ++fired;
  }
  return fired;
}

}  // namespace saya::abi
