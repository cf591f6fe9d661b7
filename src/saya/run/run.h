// The embedded target: captures in, verdicts out, in one process, without privilege.
#pragma once

#include "base/result.h"
#include "run/options.h"
#include "run/recorder.h"
#include "run/report.h"

namespace saya::run {

/// Builds the ports, attaches the programs, plays the captures to their end. `sinks` gets what happens on the way.
/// Errors say which stage refused and why. Two runs of the same options give
/// the same report but for `elapsed` (ClockKind::capture).
Result<Report> run(const Options& options, const Recorder::Sinks& sinks);

}  // namespace saya::run
