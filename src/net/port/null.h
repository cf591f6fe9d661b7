// The port without a wire, for sides that nobody has connected.
#pragma once

#include "port/port.h"

namespace saya::port {

/// Nothing ever arrives, and what is sent is gone.
QueuePtr make_null();

}  // namespace saya::port
