// Everything that one run owns.
#pragma once

#include <cstddef>
#include <memory>

#include "abi/map_timers.h"
#include "abi/owned_objects.h"
#include "abi/run.h"
#include "base/time.h"
#include "netstate/netstate.h"
#include "nic/nic.h"
#include "packet/pool.h"
#include "run/options.h"

namespace saya::run {

/// Members are destroyed in reverse: packets before their pool.
struct World {
  std::unique_ptr<Pool> pool;
  VirtualClock virtual_clock;
  RealClock real_clock;
  Netstate netstate;
  abi::Random random;
  abi::FlowTable flows;
  abi::MapTimers timers;
  abi::OwnedObjects objects;
  nic::Nic nic;
  ClockKind kind;

  World(std::unique_ptr<Pool> frames, const Options& options)
      : pool(std::move(frames)), random(options.seed), flows(abi::Random(~options.seed).next()), kind(options.clock) {}

  /// What programs see as the time.
  const Clock& program_clock() const {
    return kind == ClockKind::capture ? static_cast<const Clock&>(virtual_clock) : real_clock;
  }
  /// How many packets may be under way together: in virtual time one, so that each sees what the one before it left.
  size_t burst() const { return kind == ClockKind::capture ? 1 : hook::kBurst; }
};

}  // namespace saya::run
