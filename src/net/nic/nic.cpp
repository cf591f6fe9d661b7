// Finding and numbering ports.
#include "nic/nic.h"

#include <algorithm>

#include "port/null.h"

namespace saya::nic {
Port& Nic::add_port(std::string name, Device device) {
  if (device.ifindex == 0) {
    device.ifindex = kFirstIfindex;
    while (find(device.ifindex)) ++device.ifindex;
  }
  Port& port = ports_.emplace_back();
  port.name = std::move(name);
  port.device = device;
  port.wire = port::make_null();
  port.host = port::make_null();
  return port;
}

Port* Nic::find(uint32_t ifindex) noexcept {
  const auto found = std::ranges::find_if(ports_, [&](const Port& port) { return port.device.ifindex == ifindex; });
  return found == ports_.end() ? nullptr : &*found;
}

Port* Nic::find(std::string_view name) noexcept {
  const auto found = std::ranges::find(ports_, name, &Port::name);
  return found == ports_.end() ? nullptr : &*found;
}

}  // namespace saya::nic
