// Names of the hook points.
#include "hook/hook.h"

namespace saya::hook {

std::string_view to_string(Point point) noexcept {
  constexpr std::string_view kNames[kPoints] = {"xdp",        "cpumap", "tcx/ingress", "ingress",
                                                "tcx/egress", "egress", "devmap"};
  return kNames[static_cast<size_t>(point)];
}

abi::Hook kind_of(Point point) noexcept {
  constexpr abi::Hook kKinds[kPoints] = {abi::Hook::xdp, abi::Hook::xdp, abi::Hook::tc, abi::Hook::tc,
                                         abi::Hook::tc,  abi::Hook::tc,  abi::Hook::xdp};
  return kKinds[static_cast<size_t>(point)];
}

}  // namespace saya::hook
