// Local and connected routes of addresses.
#include "netstate/implied_routes.h"

#include <sys/socket.h>

namespace saya {
namespace {

constexpr uint32_t kConnected6 = 256;  // IP6_RT_PRIO_ADDRCONF.
constexpr uint32_t kSmallestMtu6 = 1280;

IpAddress broadcast_of(const IpPrefix& prefix) {
  IpAddress last = masked(prefix.address, prefix.length);
  for (uint8_t bit = prefix.length; bit < 32; ++bit) last.bytes[bit / 8] |= static_cast<std::byte>(0x80u >> bit % 8);
  return last;
}

class Adder {
 public:
  explicit Adder(std::vector<Route>& routes) : routes_(routes) {}

  void add(const Interface& interface, const IpPrefix& address) {
    const bool four = address.address.family == AF_INET;
    if (!four && interface.mtu < kSmallestMtu6) return;
    const uint32_t table = interface.table ? interface.table : kLocalTable;
    put(interface, table, whole(address.address), RouteType::local);
    if (!interface.up) return;
    if (four)
      add_network4(interface, address, table);
    else
      add_network6(interface, address, table);
  }

 private:
  static IpPrefix whole(const IpAddress& address) { return {address, address_bits(address)}; }

  void put(const Interface& interface, uint32_t table, const IpPrefix& to, RouteType type, uint32_t metric = 0,
           const IpAddress& source = {}) {
    Route route{.destination = to, .ifindex = interface.ifindex, .metric = metric, .table = table, .type = type};
    route.source = source;
    routes_.push_back(route);
  }

  void add_network4(const Interface& interface, const IpPrefix& address, uint32_t local) {
    const bool loopback = address.address.bytes[0] == std::byte{127};
    const uint32_t table = loopback ? kLocalTable : interface.table ? interface.table : kMainTable;
    if (address.length < 32)
      put(interface, table, {masked(address.address, address.length), address.length},
          loopback ? RouteType::local : RouteType::unicast, 0, address.address);
    if (address.length < 31) put(interface, local, whole(broadcast_of(address)), RouteType::broadcast);
  }

  void add_network6(const Interface& interface, const IpPrefix& address, uint32_t local) {
    const IpPrefix network{masked(address.address, address.length), address.length};
    put(interface, interface.table ? interface.table : kMainTable, network, RouteType::unicast, kConnected6);
    if (interface.forwarding && address.length < 127) put(interface, local, whole(network.address), RouteType::anycast);
  }

  std::vector<Route>& routes_;
};

}  // namespace

std::vector<Route> implied_routes(const NetworkFacts& facts) {
  std::vector<Route> routes;
  Adder adder(routes);
  for (const Interface& interface : facts.interfaces)
    for (const IpPrefix& address : interface.addresses) adder.add(interface, address);
  return routes;
}

}  // namespace saya
