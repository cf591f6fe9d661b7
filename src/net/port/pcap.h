// Captures as a port, for callers that have file names rather than words.
#pragma once

#include <span>
#include <string>

#include "port/port.h"

namespace saya::port {

/// Replays `files` merged by their timestamps: a frame arrives once `world.clock` has reached its timestamp. Memory
/// does not grow with the files. A damaged file ends its frames and shows in status().
Result<QueuePtr> replay(std::span<const std::string> files, const World& world);

}  // namespace saya::port
