// A replayed capture with its timestamps moved.
#include "run/replay.h"

#include <limits>

#include "port/pcap.h"

namespace saya::run {
namespace {

/// A moment that is `shift` later, or the last one that there is.
Nanoseconds later(Nanoseconds moment, Nanoseconds shift) noexcept {
  Nanoseconds sum = 0;
  return __builtin_add_overflow(moment, shift, &sum) ? std::numeric_limits<Nanoseconds>::max() : sum;
}

/// What the capture's own clock shows.
class EarlierClock final : public Clock {
 public:
  EarlierClock(const Clock& clock, Nanoseconds shift) : clock_(clock), shift_(shift) {}
  Nanoseconds now() const noexcept override {
    // At the end of time everything is due.
    const Nanoseconds now = clock_.now();
    return now == std::numeric_limits<Nanoseconds>::max() ? now : now - shift_;
  }

 private:
  const Clock& clock_;
  const Nanoseconds shift_;
};

class Replay final : public port::Queue {
 public:
  Replay(const Clock& clock, Nanoseconds shift, OnArrival on_arrival)
      : clock_(clock, shift), shift_(shift), on_arrival_(std::move(on_arrival)) {}

  Result<> open(const std::vector<std::string>& files, Pool& pool) {
    SAYA_TRY(queue_, port::replay(files, {pool, clock_}));
    return {};
  }

  size_t receive(std::span<PacketPtr> slots) noexcept override {
    const size_t count = queue_->receive(slots);
    for (const PacketPtr& packet : slots.first(count)) {
      packet->arrival = later(packet->arrival, shift_);
      if (on_arrival_) on_arrival_(*packet);
    }
    return count;
  }
  size_t transmit(std::span<PacketPtr> frames) noexcept override { return queue_->transmit(frames); }
  std::optional<Nanoseconds> next_arrival() const noexcept override {
    const auto next = queue_->next_arrival();
    return next ? std::optional(later(*next, shift_)) : next;
  }
  uint64_t cut_frames() const noexcept override { return queue_->cut_frames(); }
  Result<> status() const override { return queue_->status(); }

 private:
  EarlierClock clock_;
  Nanoseconds shift_;
  OnArrival on_arrival_;
  port::QueuePtr queue_;  ///< Reads clock_.
};

}  // namespace

Result<port::QueuePtr> open_replay(const std::vector<std::string>& files, const port::World& world, Nanoseconds shift,
                                   OnArrival on_arrival) {
  auto replay = std::make_unique<Replay>(world.clock, shift, std::move(on_arrival));
  SAYA_CHECK(replay->open(files, world.pool));
  return replay;
}

}  // namespace saya::run
