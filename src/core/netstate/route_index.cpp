// Which route a packet takes. IPv4 as fib_table_lookup() (net/ipv4/fib_trie.c): a route that cannot leave from the
// wanted interface does not count, and without rules the local and the main table are one. IPv6 as fib6_table_lookup()
// (net/ipv6/route.c): the interface decides only between routes of one metric. Linux 6.18.
#include "netstate/route_index.h"

#include <sys/socket.h>

#include <algorithm>
#include <tuple>

namespace saya {
namespace {

constexpr uint32_t kVrfPriority = 1000;  // FIB rule of l3mdev.
constexpr uint32_t kMainPriority = 32766;

auto order(const Route* r) {
  // 255, local, before 254, main: where both are one table.
  return std::tuple(r->destination.address, r->destination.length, ~r->table, r->metric);
}

bool selects(const IpPrefix& prefix, const IpAddress& address) {
  return prefix.address.family == 0 || prefix.contains(address);
}

bool selects(const Rule& rule, const RouteQuery& query) {
  return (rule.family == 0 || rule.family == query.destination.family) && selects(rule.to, query.destination) &&
         selects(rule.from, query.source) && (query.mark & rule.mask) == rule.mark &&
         (rule.in == 0 || rule.in == query.in) && (rule.out == 0 || rule.out == query.out);
}

/// The best IPv6 route among those of one prefix and metric: the first on the wanted interface, else the first.
class Preferred {
 public:
  explicit Preferred(uint32_t ifindex) : ifindex_(ifindex) {}
  bool take(const Route& route) noexcept {
    if (best_ && (best_->metric != route.metric || best_->destination.length != route.destination.length)) return true;
    if (!best_ || route.ifindex == ifindex_) best_ = &route;
    return best_->ifindex == ifindex_;
  }
  const Route* best() const noexcept { return best_; }

 private:
  const uint32_t ifindex_;
  const Route* best_ = nullptr;
};

}  // namespace

PrefixTree::PrefixTree(std::vector<const Route*> routes) : routes_(std::move(routes)) {
  std::ranges::stable_sort(routes_, {}, order);
  std::vector<uint32_t> around;
  for (uint32_t i = 0; i < routes_.size(); ++i) {
    const IpPrefix& prefix = routes_[i]->destination;
    if (!nodes_.empty() && nodes_.back().prefix == prefix) {
      nodes_.back().end = i + 1;
      continue;
    }
    while (!around.empty() && !nodes_[around.back()].prefix.contains(prefix.address)) around.pop_back();
    nodes_.push_back({prefix, around.empty() ? kNone : around.back(), i, i + 1});
    around.push_back(static_cast<uint32_t>(nodes_.size() - 1));
  }
}

uint32_t PrefixTree::last_before(const IpAddress& address) const noexcept {
  const auto behind = std::ranges::upper_bound(nodes_, address, {}, [](const Node& n) { return n.prefix.address; });
  return behind == nodes_.begin() ? kNone : static_cast<uint32_t>(behind - nodes_.begin() - 1);
}

RouteIndex::RouteIndex(const NetworkFacts& facts) : rules_(facts.rules) {
  vrf_ = std::ranges::any_of(facts.interfaces, [](const Interface& i) { return i.table != 0; });
  for (const Rule& rule : rules_) {
    custom_[0] |= rule.family != AF_INET6;
    custom_[1] |= rule.family != AF_INET;
  }
  custom_[0] |= vrf_;
  custom_[1] |= vrf_;
  rules_.push_back({.priority = 0, .table = kLocalTable});
  rules_.push_back({.priority = kMainPriority});
  rules_.push_back({.priority = kMainPriority + 1, .family = AF_INET, .table = kDefaultTable});
  std::ranges::stable_sort(rules_, {}, &Rule::priority);
  add_tables(facts, AF_INET);
  add_tables(facts, AF_INET6);
}

bool RouteIndex::has_rules(uint8_t family) const noexcept { return custom_[family == AF_INET ? 0 : 1]; }

void RouteIndex::add_tables(const NetworkFacts& facts, uint8_t family) {
  std::map<uint32_t, std::vector<const Route*>> routes;
  for (const Route& route : facts.routes) {
    if (route.destination.address.family != family) continue;
    const bool merged = family == AF_INET && !has_rules(family) && route.table == kLocalTable;
    routes[merged ? kMainTable : route.table].push_back(&route);
  }
  for (auto& [table, members] : routes) tables_.emplace(Key{family, table}, PrefixTree(std::move(members)));
}

const Route* RouteIndex::find_in(uint32_t table, const RouteQuery& query) const noexcept {
  const uint8_t family = query.destination.family;
  if (family == AF_INET && !has_rules(family) && table == kLocalTable) table = kMainTable;
  const auto at = tables_.find({family, table});
  if (at == tables_.end()) return nullptr;
  if (family == AF_INET6) {
    Preferred preferred(query.out ? query.out : query.in);
    at->second.for_each_match(query.destination, [&](const Route& route) { return preferred.take(route); });
    return preferred.best();
  }
  const Route* found = nullptr;
  at->second.for_each_match(query.destination, [&](const Route& route) {
    if (query.out != 0 && route.ifindex != 0 && route.ifindex != query.out) return false;
    found = &route;
    return true;
  });
  return found;
}

const Route* RouteIndex::find_by_rules(const RouteQuery& query, uint32_t vrf_table) const noexcept {
  bool vrf_asked = vrf_table == 0;
  const auto good = [](const Route* route) { return route && route->type != RouteType::none; };
  for (const Rule& rule : rules_) {
    if (!vrf_asked && rule.priority >= kVrfPriority) {
      vrf_asked = true;
      if (const Route* route = find_in(vrf_table, query); good(route)) return route;
    }
    if (!selects(rule, query)) continue;
    if (const Route* route = find_in(rule.table, query); good(route)) return route;
  }
  return nullptr;
}

const Route* RouteIndex::find(const RouteQuery& query, uint32_t vrf_table) const noexcept {
  if (query.table == 0) return find_by_rules(query, vrf_table);
  const Route* route = find_in(query.table, query);
  return route && route->type != RouteType::none ? route : nullptr;
}

}  // namespace saya
