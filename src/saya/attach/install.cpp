// Copy the hooks, change the copy, publish it: workers see the old hooks or the new ones, never a mixture.
#include "attach/install.h"

#include <memory>
#include <vector>

namespace saya::attach {

program::Type type_at(hook::Point point) noexcept {
  return point == hook::Point::xdp ? program::Type::xdp : program::Type::sched_cls;
}

Result<Placement> install(const Placement& placement, abi::ExecutablePtr executable,
                          std::span<nic::Port* const> ports) {
  Placement attached = placement;
  attached.filter.program = std::move(executable);
  std::vector<std::unique_ptr<nic::Hooks>> next;
  for (const nic::Port* port : ports) {
    next.push_back(std::make_unique<nic::Hooks>(port->hooks.read()));
    nic::Hooks& hooks = *next.back();
    if (placement.point == hook::Point::xdp) {
      hooks.xdp = attached.filter.program;
      continue;
    }
    hook::FilterList& filters = placement.point == hook::Point::ingress ? hooks.ingress : hooks.egress;
    SAYA_TRY(attached.filter, filters.add(attached.filter));
  }
  for (size_t i = 0; i < ports.size(); ++i) ports[i]->hooks.publish(std::move(next[i]));
  return attached;
}

}  // namespace saya::attach
