// Devices by number: the netstate's, and those that must be there.
#include "helper/device.h"

namespace saya::helper {
namespace {

constexpr uint32_t kLoopbackMtu = 65536;

}  // namespace

uint32_t own_ifindex(const abi::Run& run) noexcept {
  return run.hook == abi::Hook::xdp ? run.packet->ingress_ifindex : run.packet->skb.ifindex;
}

std::optional<DeviceFacts> find_device(const abi::Run& run, uint32_t ifindex) noexcept {
  const Netstate* state = run.services->netstate;
  if (ifindex == 0) ifindex = own_ifindex(run);
  if (const Interface* known = state ? state->find_interface(ifindex) : nullptr)
    return DeviceFacts{ifindex, known->mtu, known->up, known->forwarding, known->mac};
  if (ifindex == kLoopback) return DeviceFacts{.ifindex = ifindex, .mtu = kLoopbackMtu};
  if (ifindex == own_ifindex(run)) return DeviceFacts{.ifindex = ifindex};
  return std::nullopt;
}

}  // namespace saya::helper
