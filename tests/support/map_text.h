// What a map holds, as text that is the same for saya's map and the kernel's when they hold the same.
#pragma once

#include <string>

#include "base/result.h"
#include "map/map.h"

namespace saya::tests {

/// A line for each element, in key order; what is zero in an array is left out. Maps of maps show what their elements
/// hold, queues and stacks their values, ring buffers how much was produced and its bytes. Empty for types whose
/// elements are no bytes that both sides share. The map is as before.
Result<std::string> text_of_map(Map& map);
/// `spec` is that of saya's map, whose name and shape count.
Result<std::string> text_of_kernel_map(int fd, const MapSpec& spec);

}  // namespace saya::tests
