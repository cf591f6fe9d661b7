// Sockets: found, looked at, given to packets.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

/// The packet's socket, or null.
const Socket* socket_of(const Packet& packet) noexcept;

/// Grants what a program may see of a socket; null for null.
uint64_t hand_out(const Run& run, const Socket* socket) noexcept;

uint64_t sk_lookup_tcp(Run& run, Packet* packet, const std::byte* tuple, uint32_t size, uint64_t netns,
                       uint64_t flags) noexcept;
uint64_t sk_lookup_udp(Run& run, Packet* packet, const std::byte* tuple, uint32_t size, uint64_t netns,
                       uint64_t flags) noexcept;
uint64_t skc_lookup_tcp(Run& run, Packet* packet, const std::byte* tuple, uint32_t size, uint64_t netns,
                        uint64_t flags) noexcept;
uint64_t sk_release(Run& run, const Socket* socket) noexcept;

uint64_t sk_fullsock(Run& run, const Socket* socket) noexcept;
uint64_t tcp_sock(Run& run, const Socket* socket) noexcept;
uint64_t get_listener_sock(Run& run, const Socket* socket) noexcept;

uint64_t sk_assign(Run& run, Packet* packet, const Socket* socket, uint64_t flags) noexcept;
uint64_t get_socket_cookie(Run& run, Packet* packet) noexcept;
uint64_t get_socket_uid(Run& run, Packet* packet) noexcept;
uint64_t get_netns_cookie(Run& run, Packet* packet) noexcept;

uint64_t skc_to_tcp6_sock(Run& run, const Socket* socket) noexcept;
uint64_t skc_to_tcp_sock(Run& run, const Socket* socket) noexcept;
uint64_t skc_to_tcp_timewait_sock(Run& run, const Socket* socket) noexcept;
uint64_t skc_to_tcp_request_sock(Run& run, const Socket* socket) noexcept;
uint64_t skc_to_udp6_sock(Run& run, const Socket* socket) noexcept;
uint64_t skc_to_unix_sock(Run& run, const Socket* socket) noexcept;
uint64_t skc_to_mptcp_sock(Run& run, const Socket* socket) noexcept;

uint64_t sk_storage_get(Run& run, Map* map, const Socket* socket, const std::byte* value, uint64_t flags) noexcept;
uint64_t sk_storage_delete(Run& run, Map* map, const Socket* socket) noexcept;

/// bpf_map_lookup_elem() and bpf_map_update_elem() of a map that holds_sockets().
uint64_t look_up_socket(Run& run, Map& map, const std::byte* key) noexcept;
uint64_t update_socket(Run& run, Map& map, const std::byte* key, const std::byte* socket, uint64_t flags) noexcept;

}  // namespace saya::helper
