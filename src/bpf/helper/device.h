// The devices that helpers may ask about.
#pragma once

#include <cstdint>
#include <optional>

#include "abi/run.h"

namespace saya::helper {

inline constexpr uint32_t kLoopback = 1;  ///< ifindex of lo, which every network namespace has.

/// What helpers need of an Interface, also where the netstate has none.
struct DeviceFacts {
  uint32_t ifindex = 0;
  uint32_t mtu = 1500;
  bool up = true;
  bool forwarding = false;
  MacAddress mac{};
};

/// The device of the run's packet.
uint32_t own_ifindex(const abi::Run& run) noexcept;
/// The device of that number; 0 is the packet's own. Where the netstate has none, lo and the packet's own device exist
/// all the same, as in a namespace where nobody has set up anything. Nothing for any other.
std::optional<DeviceFacts> find_device(const abi::Run& run, uint32_t ifindex) noexcept;

}  // namespace saya::helper
