// Longest prefix match over the routes of a netstate, and the rules that choose a table.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "netstate/netstate.h"

namespace saya {

/// The routes of one address family and one table. A tree of prefixes laid out in the order of their first addresses:
/// the longest match of an address is the last prefix that begins at or before it, or one of those around that one.
class PrefixTree {
 public:
  /// `routes` are of one family; of equal prefixes, the one that comes first is asked first.
  explicit PrefixTree(std::vector<const Route*> routes);

  /// Calls `take(route)` for the routes whose prefix contains `address`, longest prefix first, until it returns true.
  template <class Take>
  void for_each_match(const IpAddress& address, Take take) const noexcept {
    for (uint32_t at = last_before(address); at != kNone; at = nodes_[at].around)
      for (uint32_t i = nodes_[at].first; nodes_[at].prefix.contains(address) && i < nodes_[at].end; ++i)
        if (take(*routes_[i])) return;
  }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Node {
    IpPrefix prefix;
    uint32_t around;      ///< The next shorter prefix that contains this one.
    uint32_t first, end;  ///< Its routes.
  };
  uint32_t last_before(const IpAddress& address) const noexcept;

  std::vector<const Route*> routes_;
  std::vector<Node> nodes_;
};

/// All tables of both families. Keeps pointers into the facts.
class RouteIndex {
 public:
  explicit RouteIndex(const NetworkFacts& facts);
  /// As Netstate::route(). `vrf_table` is that of the interface that the query is about.
  const Route* find(const RouteQuery& query, uint32_t vrf_table) const noexcept;

 private:
  using Key = std::pair<uint8_t, uint32_t>;  ///< Family, table.
  void add_tables(const NetworkFacts& facts, uint8_t family);
  bool has_rules(uint8_t family) const noexcept;
  const Route* find_in(uint32_t table, const RouteQuery& query) const noexcept;
  const Route* find_by_rules(const RouteQuery& query, uint32_t vrf_table) const noexcept;

  std::vector<Rule> rules_;  ///< By priority; the kernel's own three among them.
  bool custom_[2] = {};      ///< Whether IPv4 and IPv6 have rules of the file, or a VRF.
  bool vrf_ = false;
  std::map<Key, PrefixTree> tables_;
};

}  // namespace saya
