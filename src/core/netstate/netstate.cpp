// The snapshot: facts and the indexes over them.
#include "netstate/netstate.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "netstate/implied_routes.h"
#include "netstate/route_index.h"
#include "netstate/socket_index.h"

namespace saya {
namespace {

auto place(const Neighbour& n) { return std::tie(n.ifindex, n.address); }

/// The facts with what follows from them.
NetworkFacts complete(NetworkFacts facts) {
  std::set<uint32_t> down;
  for (const Interface& interface : facts.interfaces)
    if (!interface.up) down.insert(interface.ifindex);
  std::erase_if(facts.routes, [&](const Route& r) { return r.type == RouteType::unicast && down.contains(r.ifindex); });
  const std::vector<Route> implied = implied_routes(facts);
  facts.routes.insert(facts.routes.end(), implied.begin(), implied.end());
  return facts;
}

template <class T>
std::vector<const T*> pointers(const std::vector<T>& rows) {
  std::vector<const T*> all;
  for (const T& row : rows) all.push_back(&row);
  return all;
}

}  // namespace

struct Netstate::Index {
  explicit Index(const NetworkFacts& facts)
      : interfaces(pointers(facts.interfaces)),
        neighbours(pointers(facts.neighbours)),
        routes(facts),
        sockets(facts.sockets) {
    std::ranges::sort(interfaces, {}, &Interface::ifindex);
    std::ranges::sort(neighbours, {}, [](const Neighbour* n) { return place(*n); });
  }

  std::vector<const Interface*> interfaces;
  std::vector<const Neighbour*> neighbours;
  RouteIndex routes;
  SocketIndex sockets;
};

Netstate::Netstate() : Netstate(NetworkFacts{}) {}
Netstate::Netstate(NetworkFacts facts) : facts_(complete(std::move(facts))), index_(std::make_unique<Index>(facts_)) {}
Netstate::~Netstate() = default;
Netstate::Netstate(Netstate&&) noexcept = default;
Netstate& Netstate::operator=(Netstate&&) noexcept = default;

const Interface* Netstate::find_interface(uint32_t ifindex) const noexcept {
  const auto at = std::ranges::lower_bound(index_->interfaces, ifindex, {}, &Interface::ifindex);
  return at != index_->interfaces.end() && (*at)->ifindex == ifindex ? *at : nullptr;
}

const Interface* Netstate::find_interface(std::string_view name) const noexcept {
  const auto at = std::ranges::find(facts_.interfaces, name, &Interface::name);
  return at == facts_.interfaces.end() ? nullptr : &*at;
}

const Route* Netstate::route(const RouteQuery& query) const noexcept {
  const Interface* device = find_interface(query.out ? query.out : query.in);
  return index_->routes.find(query, device ? device->table : 0);
}

const Neighbour* Netstate::neighbour(uint32_t ifindex, const IpAddress& address) const noexcept {
  const auto wanted = std::tie(ifindex, address);
  const auto at =
      std::ranges::lower_bound(index_->neighbours, wanted, {}, [](const Neighbour* n) { return place(*n); });
  return at != index_->neighbours.end() && place(**at) == wanted ? *at : nullptr;
}

const Socket* Netstate::find_socket(const SocketQuery& query) const noexcept { return index_->sockets.find(query); }

const Socket* Netstate::find_socket(uint64_t cookie) const noexcept { return index_->sockets.find(cookie); }

const Socket* Netstate::find_listener(const SocketQuery& query) const noexcept {
  return index_->sockets.listener(query);
}

}  // namespace saya
