// What the stack around the NIC knows: interfaces, addresses, routes, neighbours, sockets. One immutable snapshot,
// published as a whole; `saya run` reads it from a file, the NIC mirrors it from the kernel.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "netstate/address.h"
#include "netstate/socket.h"

namespace saya {

/// What every packet from a tunnel device brings along beside it (collect_metadata).
struct TunnelKey {
  uint64_t id = 0;
  IpAddress remote, local;  ///< Of one family.
  uint8_t tos = 0, ttl = 64;
  uint32_t label = 0;  ///< IPv6 flow label.
};

struct Interface {
  std::string name;
  uint32_t ifindex = 0;
  MacAddress mac{};
  bool has_mac = false;
  uint32_t mtu = 1500;
  bool up = true;
  bool forwarding = true;           ///< Of both address families.
  uint32_t peer = 0;                ///< The other end of a veth pair; 0: none.
  uint32_t table = 0;               ///< Of the VRF that it belongs to; 0: none.
  std::vector<IpPrefix> addresses;  ///< In the order in which they were added.
  std::optional<TunnelKey> tunnel;  ///< Of a device with collect_metadata.
};

/// RTN_* (include/uapi/linux/rtnetlink.h).
enum class RouteType : uint8_t {
  unicast = 1,
  local,
  broadcast,
  anycast,
  multicast,
  blackhole,
  unreachable,
  prohibit,
  none
};

inline constexpr uint32_t kMainTable = 254, kLocalTable = 255, kDefaultTable = 253;

struct Route {
  IpPrefix destination;
  uint32_t ifindex = 0;  ///< 0: of a type that needs none.
  IpAddress gateway;     ///< family 0: on link. IPv4 routes may have an IPv6 gateway.
  uint32_t metric = 0;
  uint32_t table = kMainTable;
  RouteType type = RouteType::unicast;  ///< `none` is RTN_THROW: goes on with the next rule.
  uint32_t mtu = 0;                     ///< 0: the interface's.
  bool mtu_locked = false;              ///< Its MTU counts for forwarding only then.
  bool encapsulates = false;            ///< Has a lightweight tunnel.
  IpAddress source;                     ///< Preferred; family 0: none.
};

/// NUD_* (include/uapi/linux/neighbour.h), without `none`.
enum NeighbourState : uint8_t {
  kIncomplete = 1,
  kReachable = 2,
  kStale = 4,
  kDelay = 8,
  kProbe = 16,
  kFailed = 32,
  kNoArp = 64,
  kPermanent = 128
};

struct Neighbour {
  uint32_t ifindex = 0;
  IpAddress address;
  MacAddress mac{};
  uint8_t state = kReachable;
  /// NUD_VALID: the MAC may be used.
  bool usable() const noexcept { return state & (kReachable | kStale | kDelay | kProbe | kNoArp | kPermanent); }
};

/// `ip rule`: which table is asked for which packets. A selector that is 0 or has family 0 fits all.
struct Rule {
  uint32_t priority = 0;
  uint8_t family = 0;  ///< 0: both.
  IpPrefix from, to;
  uint32_t mark = 0, mask = 0;
  uint32_t in = 0, out = 0;  ///< ifindexes.
  uint32_t table = kMainTable;
};

/// What a route is looked up for.
struct RouteQuery {
  IpAddress destination;
  IpAddress source{};
  uint32_t in = 0;   ///< ifindex that the packet came in on; 1 (lo) for the host's own.
  uint32_t out = 0;  ///< ifindex that it must leave from (IPv4) or should (IPv6); 0: any.
  uint32_t mark = 0;
  uint32_t table = 0;  ///< Only this one; 0: by the rules.
};

/// A bpf_sock_tuple as a lookup sees it: the packet goes from `remote` to `local`.
struct SocketQuery {
  uint8_t protocol = 0;  ///< IPPROTO_TCP or IPPROTO_UDP.
  IpAddress local, remote;
  uint16_t local_port = 0, remote_port = 0;
  uint32_t ifindex = 0;  ///< That the packet is on: sockets bound to another one do not hear it.
  int32_t netns = -1;    ///< Negative: the program's own.
};

/// A connection that the host tracks. Its directions are given apart, since translation makes them differ.
struct Connection {
  uint8_t protocol = 0;                      ///< IPPROTO_TCP or IPPROTO_UDP.
  Endpoint source, destination;              ///< Of what its originator sends,
  Endpoint reply_source, reply_destination;  ///< and of the answers to that.
  uint16_t zone = 0;
  uint32_t mark = 0;
  bool replied = true;  ///< Packets came in both directions.
  bool assured = true;  ///< It is not dropped early.
};

/// All that can be said about a network; what parse_netstate() reads.
struct NetworkFacts {
  std::vector<Interface> interfaces;
  std::vector<Route> routes;  ///< Of one prefix, table and metric the first one wins.
  std::vector<Neighbour> neighbours;
  std::vector<Rule> rules;
  std::vector<Socket> sockets;
  std::vector<Connection> connections;
  uint64_t netns_cookie = 1;
  uint8_t syncookies = 1;  ///< net.ipv4.tcp_syncookies: 0 never, 1 when a listener's queue is full, 2 always.
};

/// Facts with the indexes that lookups need. Immutable; every lookup may be called from any thread, allocates nothing
/// and takes logarithmic time (routes: in the prefixes around an address, too).
class Netstate {
 public:
  Netstate();
  /// Adds what the kernel adds by itself: an address brings its local route and, on an interface that is up, the route
  /// to its network. `facts` must be consistent: parse_netstate() says how.
  explicit Netstate(NetworkFacts facts);
  ~Netstate();
  Netstate(Netstate&&) noexcept;
  Netstate& operator=(Netstate&&) noexcept;

  const std::vector<Interface>& interfaces() const noexcept { return facts_.interfaces; }
  const std::vector<Route>& routes() const noexcept { return facts_.routes; }
  const std::vector<Neighbour>& neighbours() const noexcept { return facts_.neighbours; }
  const std::vector<Socket>& sockets() const noexcept { return facts_.sockets; }
  const std::vector<Connection>& connections() const noexcept { return facts_.connections; }
  uint64_t netns_cookie() const noexcept { return facts_.netns_cookie; }
  uint8_t syncookies() const noexcept { return facts_.syncookies; }

  /// Null when there is no such interface.
  const Interface* find_interface(uint32_t ifindex) const noexcept;
  const Interface* find_interface(std::string_view name) const noexcept;

  /// The best route, of any type but `none`; null when no table has one. As fib_lookup() and fib6_lookup(), Linux 6.18.
  const Route* route(const RouteQuery& query) const noexcept;
  /// In whatever state; null when nothing is known of that address.
  const Neighbour* neighbour(uint32_t ifindex, const IpAddress& address) const noexcept;
  /// The source address that the kernel would choose to reach `destination` by `route`; family 0: none.
  IpAddress source_for(const Route& route, const IpAddress& destination) const noexcept;

  /// The socket that a packet belongs to, or null: what __inet_lookup() and __udp4_lib_lookup() find.
  const Socket* find_socket(const SocketQuery& query) const noexcept;
  /// What listens there, whether or not there is a connection.
  const Socket* find_listener(const SocketQuery& query) const noexcept;
  /// By its cookie.
  const Socket* find_socket(uint64_t cookie) const noexcept;

 private:
  struct Index;
  NetworkFacts facts_;
  std::unique_ptr<const Index> index_;
};

/// Reads the JSON state file that docs/guides/netstate.md describes. Errors name the member, its value and what is
/// allowed.
Result<Netstate> parse_netstate(std::string_view json);

}  // namespace saya
