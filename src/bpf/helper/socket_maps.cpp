// Sockets in maps: net/core/bpf_sk_storage.c and net/core/sock_map.c, Linux 6.18.
#include <netinet/in.h>

#include "helper/errno.h"
#include "helper/socket.h"
#include "map/sk_storage.h"
#include "map/socket_map.h"

namespace saya::helper {
namespace {

constexpr uint64_t kCreate = 1;  // BPF_SK_STORAGE_GET_F_CREATE.

/// sock_map_sk_state_allowed().
bool may_be_mapped(const Socket& socket) {
  if (socket.protocol == IPPROTO_UDP) return socket.reachable;
  return socket.protocol == IPPROTO_TCP && (socket.state == kSocketEstablished || socket.state == kSocketListening);
}

}  // namespace

uint64_t sk_storage_get(Run& run, Map* map, const Socket* socket, const std::byte* value, uint64_t flags) noexcept {
  const Socket* const sk = whole(socket);
  if (!sk->is_full() || flags > kCreate) return 0;
  auto& storage = static_cast<SkStorage&>(*map);
  return reinterpret_cast<uint64_t>(storage.get(sk->cookie, value, flags == kCreate, run.services->cpu));
}

uint64_t sk_storage_delete(Run&, Map* map, const Socket* socket) noexcept {
  const Socket* const sk = whole(socket);
  return result(sk->is_full() ? static_cast<SkStorage&>(*map).remove(sk->cookie) : -EINVAL);
}

uint64_t look_up_socket(Run& run, Map& map, const std::byte* key) noexcept {
  const uint64_t cookie = static_cast<SocketMap&>(map).get(key);
  if (cookie == 0 || !run.services->netstate) return 0;
  return hand_out(run, run.services->netstate->find_socket(cookie));
}

uint64_t update_socket(Run& run, Map& map, const std::byte* key, const std::byte* socket, uint64_t flags) noexcept {
  const Socket* const sk = whole(socket);
  if (!sk->is_full()) return result(-EINVAL);
  if (!may_be_mapped(*sk)) return result(-EOPNOTSUPP);
  return result(static_cast<SocketMap&>(map).put(key, sk->cookie, flags, run.services->cpu));
}

}  // namespace saya::helper
