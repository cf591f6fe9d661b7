// bpf_*sk_lookup_*() and what programs do with the sockets that they get, over the netstate. Behaves as
// net/core/filter.c, Linux 6.18. Programs may hold a socket's own address or that of its `tcp`: whole() takes both.
#include "helper/socket.h"

#include <linux/bpf.h>
#include <netinet/in.h>

#include <limits>

#include "base/bytes.h"
#include "helper/device.h"
#include "helper/errno.h"

namespace saya::helper {
namespace {

constexpr size_t kTuple4 = sizeof(bpf_sock_tuple::ipv4), kTuple6 = sizeof(bpf_sock_tuple::ipv6);
constexpr uint32_t kOverflowUid = 65534;
constexpr uint64_t kFirstNetnsCookie = 1;  // Of the namespace that the machine starts with.
static_assert(kTuple4 == 12 && kTuple6 == 36);

uint64_t address_of(const void* object) { return reinterpret_cast<uint64_t>(object); }

SocketQuery query_of(const Run& run, uint8_t protocol, const std::byte* tuple, uint32_t size, int32_t netns) {
  const bool four = size == kTuple4;
  const uint8_t family = four ? AF_INET : AF_INET6;
  const size_t bytes = four ? 4 : 16;
  SocketQuery query{.protocol = protocol,
                    .local = ip_from(family, tuple + bytes),
                    .remote = ip_from(family, tuple),
                    .local_port = load<be16>(tuple + 2 * bytes + 2),
                    .remote_port = load<be16>(tuple + 2 * bytes)};
  query.ifindex = own_ifindex(run);
  query.netns = netns < 0 ? -1 : netns;
  return query;
}

/// Any socket that the packet of the tuple would find, also one that is no full socket.
const Socket* find(const Run& run, uint8_t protocol, const std::byte* tuple, uint32_t size, uint64_t netns,
                   uint64_t flags) {
  if (run.hook == abi::Hook::xdp) netns = static_cast<uint32_t>(netns);
  const bool current = static_cast<int32_t>(netns) < 0;
  const bool known = size == kTuple4 || size == kTuple6;
  if (!run.services->netstate || !known || flags != 0) return nullptr;
  if (!current && netns > static_cast<uint64_t>(std::numeric_limits<int32_t>::max())) return nullptr;
  return run.services->netstate->find_socket(query_of(run, protocol, tuple, size, static_cast<int32_t>(netns)));
}

/// sk_to_full_sk(): of a connection request its listener.
const Socket* full(const Run& run, const Socket* socket) {
  if (!socket || socket->state != kSocketRequested || !run.services->netstate) return socket;
  const bool four = socket->family == AF_INET;
  const auto side = [&](const auto& v4, const auto& v6) {
    return four ? ip_from(AF_INET, v4.data()) : ip_from(AF_INET6, v6.data());
  };
  SocketQuery query{.protocol = IPPROTO_TCP, .local = side(socket->src_ip4, socket->src_ip6)};
  query.local_port = static_cast<uint16_t>(socket->src_port);
  query.ifindex = socket->bound_dev_if;
  query.netns = socket->netns;
  return run.services->netstate->find_listener(query);
}

uint64_t look_up(const Run& run, uint8_t protocol, const std::byte* tuple, uint32_t size, uint64_t netns,
                 uint64_t flags) {
  const Socket* found = full(run, find(run, protocol, tuple, size, netns, flags));
  return hand_out(run, found && found->is_full() ? found : nullptr);
}

}  // namespace

const Socket* socket_of(const Packet& packet) noexcept { return whole(packet.skb.sk); }

uint64_t hand_out(const Run& run, const Socket* socket) noexcept {
  if (socket) abi::grant(run, abi::Grants::Kind::socket, socket, kSocketShown, false);
  return address_of(socket);
}

uint64_t sk_lookup_tcp(Run& run, Packet*, const std::byte* tuple, uint32_t size, uint64_t netns,
                       uint64_t flags) noexcept {
  return look_up(run, IPPROTO_TCP, tuple, size, netns, flags);
}

uint64_t sk_lookup_udp(Run& run, Packet*, const std::byte* tuple, uint32_t size, uint64_t netns,
                       uint64_t flags) noexcept {
  return look_up(run, IPPROTO_UDP, tuple, size, netns, flags);
}

uint64_t skc_lookup_tcp(Run& run, Packet*, const std::byte* tuple, uint32_t size, uint64_t netns,
                        uint64_t flags) noexcept {
  return hand_out(run, find(run, IPPROTO_TCP, tuple, size, netns, flags));
}

uint64_t sk_release(Run& run, const Socket* socket) noexcept {
  const Socket* const sk = whole(socket);
  abi::revoke(run, sk);
  if (socket != sk) abi::revoke(run, socket);
  return 0;
}

uint64_t sk_fullsock(Run& run, const Socket* socket) noexcept {
  const Socket* const sk = whole(socket);
  return hand_out(run, sk->is_full() ? sk : nullptr);
}

uint64_t tcp_sock(Run& run, const Socket* socket) noexcept {
  const Socket* const sk = whole(socket);
  if (!sk->is_full() || sk->protocol != IPPROTO_TCP) return 0;
  abi::grant(run, abi::Grants::Kind::socket, &sk->tcp, sizeof sk->tcp, false);
  return address_of(&sk->tcp);
}

uint64_t get_listener_sock(Run& run, const Socket* socket) noexcept {
  const Socket* const sk = full(run, whole(socket));
  return hand_out(run, sk && sk->state == kSocketListening ? sk : nullptr);
}

uint64_t sk_assign(Run& run, Packet* packet, const Socket* socket, uint64_t flags) noexcept {
  const Socket* const sk = whole(socket);
  if (flags != 0) return result(-EINVAL);
  if (!packet->skb.at_ingress) return result(-EOPNOTSUPP);
  if (sk->netns >= 0) return result(-ENETUNREACH);
  if (!sk->reachable) return result(-EOPNOTSUPP);
  packet->skb.sk = sk;
  hand_out(run, sk);  // The context shows it from now on.
  return 0;
}

uint64_t get_socket_cookie(Run&, Packet* packet) noexcept {
  const Socket* const sk = socket_of(*packet);
  return sk ? sk->cookie : 0;
}

uint64_t get_socket_uid(Run& run, Packet* packet) noexcept {
  const Socket* const sk = full(run, socket_of(*packet));
  return sk && sk->is_full() ? sk->uid : kOverflowUid;
}

uint64_t get_netns_cookie(Run& run, Packet* packet) noexcept {
  const bool here = packet && packet->skb.sk && run.services->netstate;
  return here ? run.services->netstate->netns_cookie() : kFirstNetnsCookie;
}

}  // namespace saya::helper
