// Time as saya counts it: signed nanoseconds, always passed as an argument or read from a Clock that was handed in.
#pragma once

#include <cstdint>

namespace saya {

/// A duration, or a moment since a clock's own epoch. 2^63 ns are 292 years.
using Nanoseconds = int64_t;

/// Where a room gets the time from. One worker reads and, if it is virtual, advances it; not shared between threads.
class Clock {
 public:
  virtual ~Clock() = default;
  /// CLOCK_MONOTONIC of this world: never goes back.
  virtual Nanoseconds now() const noexcept = 0;
  /// Its CLOCK_TAI: since 1970, without leap seconds. Worlds with one clock answer now().
  virtual Nanoseconds tai() const noexcept { return now(); }
};

/// Time that moves only when told: captures replay in it and tests run in it.
class VirtualClock final : public Clock {
 public:
  explicit VirtualClock(Nanoseconds start = 0) : now_(start) {}
  Nanoseconds now() const noexcept override { return now_; }
  /// Moves on to `moment`; a moment in the past (captures are not always sorted) leaves the clock where it is.
  void advance_to(Nanoseconds moment) noexcept { now_ = moment > now_ ? moment : now_; }

 private:
  Nanoseconds now_;
};

/// The machine's clocks.
class RealClock final : public Clock {
 public:
  Nanoseconds now() const noexcept override;
  Nanoseconds tai() const noexcept override;
};

}  // namespace saya
