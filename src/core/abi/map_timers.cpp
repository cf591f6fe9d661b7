// Behaves as the timers of kernel/bpf/helpers.c, Linux 6.18, where all clocks are the run's. Other than there,
// cancelling does not wait for a callback that runs on another worker.
#include "abi/map_timers.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>
#include <vector>

namespace saya::abi {
namespace {

std::atomic_ref<uint64_t> number_at(std::byte* timer) noexcept {
  return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(timer));
}

}  // namespace

bool MapTimers::is_alive(Number number, const Timer& timer) const noexcept {
  const MapPtr map = timer.map.lock();
  return map && number_at(timer.place).load(std::memory_order_relaxed) == number;
}

MapTimers::Timer* MapTimers::find(std::byte* timer) noexcept {
  const auto found = timers_.find(number_at(timer).load(std::memory_order_relaxed));
  return found == timers_.end() || found->second.place != timer ? nullptr : &found->second;
}

void MapTimers::disarm(Timer& timer) noexcept {
  if (timer.armed) queue_.cancel(*timer.armed);
  timer.armed.reset();
}

/// Drops timers whose elements went away without a word. Costs a constant for each timer ever made.
void MapTimers::forget_dead() noexcept {
  if (timers_.size() < forget_at_) return;
  for (auto at = timers_.begin(); at != timers_.end();) {
    if (is_alive(at->first, at->second)) {
      ++at;
      continue;
    }
    disarm(at->second);
    at = timers_.erase(at);
  }
  forget_at_ = std::max<size_t>(1024, 2 * timers_.size());
}

int MapTimers::init(std::byte* timer, Map& map) noexcept {
  const std::lock_guard lock(mutex_);
  if (find(timer)) return -EBUSY;
  std::weak_ptr<Map> owner = map.weak_from_this();
  if (owner.expired()) return -EPERM;
  forget_dead();
  if (timers_.size() >= kMostTimers) return -ENOMEM;
  const Number number = next_++;
  timers_.emplace(number, Timer{.place = timer, .map = std::move(owner)});
  number_at(timer).store(number, std::memory_order_relaxed);
  return 0;
}

int MapTimers::set_callback(std::byte* timer, ExecutablePtr program, uint64_t function) noexcept {
  const std::lock_guard lock(mutex_);
  Timer* const found = find(timer);
  if (!found) return -EINVAL;
  found->program.swap(program);
  found->function = function;
  return 0;
}

int MapTimers::start(std::byte* timer, Nanoseconds deadline) noexcept {
  const std::lock_guard lock(mutex_);
  Timer* const found = find(timer);
  if (!found || !found->program) return -EINVAL;
  disarm(*found);
  const Number number = number_at(timer).load(std::memory_order_relaxed);
  found->armed = queue_.arm(deadline, [this, number](Nanoseconds) { due_ = number; });
  return 0;
}

int MapTimers::cancel(std::byte* timer, uint32_t cpu) noexcept {
  ExecutablePtr dropped;  // Released after the lock: it may be the last to hold its program.
  const std::lock_guard lock(mutex_);
  Timer* const found = find(timer);
  if (!found) return -EINVAL;
  if (found->running_on == cpu) return -EDEADLK;
  const int was_armed = found->armed ? 1 : 0;
  disarm(*found);
  dropped.swap(found->program);
  return was_armed;
}

std::optional<Nanoseconds> MapTimers::next_deadline() const noexcept {
  const std::lock_guard lock(mutex_);
  return queue_.next_deadline();
}

/// What is to be called for a timer that is due; nothing when its element is gone.
std::optional<MapTimers::Call> MapTimers::begin(Number number, uint32_t cpu) noexcept {
  const auto found = timers_.find(number);
  if (found == timers_.end()) return std::nullopt;
  Timer& timer = found->second;
  timer.armed.reset();
  MapPtr map = timer.map.lock();
  if (!map || !timer.program || !is_alive(number, timer)) {
    timers_.erase(found);
    return std::nullopt;
  }
  timer.running_on = cpu;
  return Call{number, std::move(map), timer.program, timer.function, timer.place};
}

void MapTimers::end(Number number) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto found = timers_.find(number); found != timers_.end()) found->second.running_on.reset();
}

void MapTimers::make(const Call& call, const Services& services) noexcept {
  const std::span<std::byte> value = call.map->value_around(call.place);
  std::vector<std::byte> key(call.map->spec().key_size);
  if (value.empty() || !call.map->key_of(value.data(), key.data())) return;
  Run run{.services = &services};
  call.program->call(run, call.function, *call.map, key, value.data());
}

size_t MapTimers::fire(Nanoseconds now, const Services& services, size_t limit) noexcept {
  size_t fired = 0;
  for (; fired < limit; ++fired) {
    std::optional<Call> call;
    {
      const std::lock_guard lock(mutex_);
      if (queue_.fire(now, 1) == 0) return fired;
      call = begin(*due_, services.cpu);
    }
    if (!call) continue;
    make(*call, services);
    end(call->number);
  }
  return fired;
}

}  // namespace saya::abi
