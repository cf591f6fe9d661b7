// One side of a port that replays captures, watched.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "port/port.h"

namespace saya::run {

/// Called for each packet as it arrives, before anything else has seen it.
using OnArrival = std::function<void(const Packet& packet)>;

/// Replays `files`, all of it `shift` later than their timestamps say. `on_arrival` may be empty. What `world` refers
/// to outlives the queue.
Result<port::QueuePtr> open_replay(const std::vector<std::string>& files, const port::World& world, Nanoseconds shift,
                                   OnArrival on_arrival);

}  // namespace saya::run
