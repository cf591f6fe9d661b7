// Names of the hook points.
#include "hook/hook.h"

namespace saya::hook {

std::string_view to_string(Point point) noexcept {
  constexpr std::string_view kNames[kPoints] = {"xdp", "ingress", "egress"};
  return kNames[static_cast<size_t>(point)];
}

}  // namespace saya::hook
