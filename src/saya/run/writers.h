// The captures that a run writes.
#pragma once

#include <array>
#include <optional>

#include "run/recorder.h"
#include "run/world.h"

namespace saya::run {

/// -w must not destroy what the run reads, nor what it writes.
Result<> check_writes(const Options& options);

/// The writers of -w, each for one Selection.
class Writers {
 public:
  /// Creates the files, with an interface for each port of the world.
  Result<> open(const World& world, const Options& options);
  Recorder::Captures captures();
  /// What the disk refused.
  Result<> close();

 private:
  std::array<std::optional<CaptureWriter>, kSelections> writers_;
};

}  // namespace saya::run
