// A bar on the terminal for inputs that take long.
#pragma once

#include <cstdint>

#include "base/time.h"

namespace saya::cli {

/// On standard error, and only if that is a terminal; out of the way of everything else.
class ProgressBar {
 public:
  /// `clock` outlives the bar, which is not there in the first second of it.
  ProgressBar(bool wanted, const Clock& clock);
  ~ProgressBar() { clear(); }
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// `played` is 0..1, or less than 0 when that is not known.
  void draw(uint64_t packets, double played);
  /// Takes it away again.
  void clear();

 private:
  const Clock& clock_;
  bool shown_;
  bool drawn_ = false;
  Nanoseconds due_;  ///< Not before.
};

}  // namespace saya::cli
