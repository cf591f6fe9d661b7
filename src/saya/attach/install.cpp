// Copy the hooks, change the copy, publish it: workers see the old hooks or the new ones, never a mixture.
#include "attach/install.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "map/redirect_map.h"

namespace saya::attach {

program::Type type_at(hook::Point point) noexcept {
  return hook::kind_of(point) == abi::Hook::xdp ? program::Type::xdp : program::Type::sched_cls;
}

namespace {

constexpr uint32_t kOnlyInMaps[] = {kXdpDevmap, kXdpCpumap};

Result<> set_xdp(const Placement& placement, nic::Hooks& hooks) {
  const abi::Executable::Identity& program = placement.filter.program->identity();
  if (std::ranges::find(kOnlyInMaps, program.expected_attach_type) != std::end(kOnlyInMaps))
    return fail(Code::invalid_argument,
                fmt::format("program '{}' is for elements of {} maps, not for a port", program.name,
                            program.expected_attach_type == kXdpDevmap ? "device" : "CPU"));
  hooks.xdp = placement.filter.program;
  return {};
}

Result<> add_to_tcx(const Placement& placement, hook::TcxList& list) {
  hook::TcxRequest request{.entry = {placement.filter.program}, .flags = placement.tcx_flags};
  if (!placement.tcx_relative.empty()) {
    const auto named = std::ranges::find(list.all(), placement.tcx_relative, [](const hook::TcxEntry& entry) {
      return std::string_view(entry.program->identity().name);
    });
    if (named == list.all().end())
      return fail(Code::no_such_entry, fmt::format("no program '{}' is attached to {}", placement.tcx_relative,
                                                   hook::to_string(placement.point)));
    request.relative = *named;
  }
  if (const int error = list.attach(request); error != 0)
    return fail_errno(fmt::format("attach to {}", hook::to_string(placement.point)), -error);
  return {};
}

/// Puts the program where the placement says, and completes the placement.
Result<> put(Placement& placement, nic::Hooks& hooks) {
  switch (placement.point) {
    case hook::Point::tcx_ingress: return add_to_tcx(placement, hooks.tcx_ingress);
    case hook::Point::tcx_egress: return add_to_tcx(placement, hooks.tcx_egress);
    case hook::Point::ingress:
    case hook::Point::egress: break;
    default: return set_xdp(placement, hooks);
  }
  hook::FilterList& filters = placement.point == hook::Point::ingress ? hooks.ingress : hooks.egress;
  SAYA_TRY(placement.filter, filters.add(placement.filter));
  return {};
}

}  // namespace

Result<Placement> install(const Placement& placement, abi::ExecutablePtr executable,
                          std::span<nic::Port* const> ports) {
  Placement attached = placement;
  attached.filter.program = std::move(executable);
  std::vector<std::unique_ptr<nic::Hooks>> next;
  for (const nic::Port* port : ports) {
    next.push_back(std::make_unique<nic::Hooks>(port->hooks.read()));
    SAYA_CHECK(put(attached, *next.back()));
  }
  for (size_t i = 0; i < ports.size(); ++i) ports[i]->hooks.publish(std::move(next[i]));
  return attached;
}

}  // namespace saya::attach
