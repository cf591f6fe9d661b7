// __inet_lookup(), __inet6_lookup(), __udp4_lib_lookup(), __udp6_lib_lookup() and their scores (net/ipv4, net/ipv6,
// Linux 6.18): a connection before what listens on an address, that before what listens on any; among equals what is
// bound to an interface, then an IPv4 socket for IPv4. saya has no groups of sockets that share a port by hash.
#include "netstate/socket_index.h"

#include <netinet/in.h>

#include <algorithm>

namespace saya {
namespace {

bool hears(const Socket& socket, const SocketQuery& query) {
  if (socket.bound_dev_if != 0 && socket.bound_dev_if != query.ifindex) return false;
  return query.local.family == AF_INET6 ? socket.family == AF_INET6 : !socket.v6only;
}

bool is_ipv4(const Socket& socket) { return socket.family == AF_INET; }

}  // namespace

SocketIndex::Place SocketIndex::place(const IpAddress& address) noexcept {
  if (address.family != AF_INET || is_any(address)) return address.bytes;
  Place mapped{};
  mapped[10] = mapped[11] = std::byte{0xff};
  std::copy_n(address.bytes.begin(), 4, mapped.begin() + 12);
  return mapped;
}

SocketIndex::Key SocketIndex::key_of(const Socket& socket) noexcept {
  const auto side = [&](const auto& four, const auto& six) {
    return place(is_ipv4(socket) ? ip_from(AF_INET, four.data()) : ip_from(AF_INET6, six.data()));
  };
  return {socket.netns,    socket.protocol,
          socket.src_port, side(socket.src_ip4, socket.src_ip6),
          socket.dst_port, side(socket.dst_ip4, socket.dst_ip6)};
}

SocketIndex::SocketIndex(std::span<const Socket> sockets) {
  for (const Socket& socket : sockets) {
    if (socket.reachable) by_key_.emplace_back(key_of(socket), &socket);
    by_cookie_.push_back(&socket);
  }
  std::ranges::stable_sort(by_key_, {}, &std::pair<Key, const Socket*>::first);
  std::ranges::stable_sort(by_cookie_, {}, &Socket::cookie);
}

const Socket* SocketIndex::find(uint64_t cookie) const noexcept {
  const auto at = std::ranges::lower_bound(by_cookie_, cookie, {}, &Socket::cookie);
  return at != by_cookie_.end() && (*at)->cookie == cookie ? *at : nullptr;
}

/// The socket of that key with the highest score above 0.
template <class Score>
const Socket* SocketIndex::best(const Key& key, Score score) const noexcept {
  const Socket* found = nullptr;
  int highest = 0;
  for (const auto& [at, socket] : std::ranges::equal_range(by_key_, key, {}, &std::pair<Key, const Socket*>::first))
    if (const int points = score(*socket); points > highest) {
      found = socket;
      highest = points;
    }
  return found;
}

const Socket* SocketIndex::best_connected(const SocketQuery& query) const noexcept {
  const Key key{query.netns,        query.protocol,    query.local_port,
                place(query.local), query.remote_port, place(query.remote)};
  if (query.remote_port == 0) return nullptr;
  return best(key, [&](const Socket& s) { return !hears(s, query) ? 0 : s.bound_dev_if ? 2 : 1; });
}

const Socket* SocketIndex::listener(const SocketQuery& query) const noexcept {
  const bool four = query.local.family == AF_INET;
  const auto score = [&](const Socket& s) {
    if (!hears(s, query)) return 0;
    // UDP over IPv4 weighs an interface more than the family, the others just as much.
    const int device = query.protocol == IPPROTO_UDP && four ? 4 : 1;
    return 1 + (s.bound_dev_if ? device : 0) + (four && is_ipv4(s) ? 1 : 0);
  };
  Key key{query.netns, query.protocol, query.local_port, place(query.local), 0, Place{}};
  if (const Socket* found = best(key, score)) return found;
  key.local = Place{};
  return best(key, score);
}

const Socket* SocketIndex::find(const SocketQuery& query) const noexcept {
  const Socket* connected = best_connected(query);
  return connected ? connected : listener(query);
}

}  // namespace saya
