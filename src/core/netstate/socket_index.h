// Which socket a packet belongs to.
#pragma once

#include <array>
#include <compare>
#include <span>
#include <utility>
#include <vector>

#include "netstate/netstate.h"

namespace saya {

/// The sockets by what they hear. Keeps pointers to them.
class SocketIndex {
 public:
  explicit SocketIndex(std::span<const Socket> sockets);
  /// As Netstate::find_socket(). Of two that fit equally well, the one that came first.
  const Socket* find(const SocketQuery& query) const noexcept;
  const Socket* find(uint64_t cookie) const noexcept;
  /// What listens there, whether there is a connection or not.
  const Socket* listener(const SocketQuery& query) const noexcept;

 private:
  /// An address as IPv6 has it; those of IPv4 mapped, and both "any" alike.
  using Place = std::array<std::byte, 16>;
  struct Key {
    int32_t netns;
    uint32_t protocol;
    uint32_t port;
    Place local;
    uint16_t remote_port;
    Place remote;
    auto operator<=>(const Key&) const = default;
  };
  static Place place(const IpAddress& address) noexcept;
  static Key key_of(const Socket& socket) noexcept;
  template <class Score>
  const Socket* best(const Key& key, Score score) const noexcept;
  const Socket* best_connected(const SocketQuery& query) const noexcept;

  std::vector<std::pair<Key, const Socket*>> by_key_;
  std::vector<const Socket*> by_cookie_;
};

}  // namespace saya
