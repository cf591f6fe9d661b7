// The socket that a test run gives to its packet, and lookups that find nothing.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, __u64);
} storage SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct bpf_sock);
  __uint(max_entries, 1);
} seen SEC(".maps");

SEC("tc")
int sk_fullsock__shows_the_sockets_members(struct __sk_buff* skb) {
  __u32 key = 0;
  struct bpf_sock* out = bpf_map_lookup_elem(&seen, &key);
  struct bpf_sock* sk = skb->sk;
  if (!out || !sk) return -1;
  sk = bpf_sk_fullsock(sk);
  if (!sk) return -2;
  out->bound_dev_if = sk->bound_dev_if;
  out->family = sk->family;
  out->type = sk->type;
  out->protocol = sk->protocol;
  out->mark = sk->mark;
  out->priority = sk->priority;
  out->src_ip4 = sk->src_ip4;
  out->src_ip6[3] = sk->src_ip6[3];
  out->src_port = sk->src_port;
  out->dst_port = sk->dst_port;
  out->dst_ip4 = sk->dst_ip4;
  out->dst_ip6[0] = sk->dst_ip6[0];
  out->state = sk->state;
  out->rx_queue_mapping = sk->rx_queue_mapping;
  return 1;
}

SEC("tc")
int tcp_sock__is_null_for_another_protocol(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? !bpf_tcp_sock(sk) : -1;
}

SEC("tc")
int get_listener_sock__is_null_for_what_does_not_listen(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? !bpf_get_listener_sock(sk) : -1;
}

SEC("tc")
int skc_to_tcp6_sock__is_null_for_another_kind(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? !bpf_skc_to_tcp6_sock(sk) : -1;
}

SEC("tc")
int skc_to_tcp_sock__is_null_for_another_kind(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? !bpf_skc_to_tcp_sock(sk) : -1;
}

SEC("tc")
int skc_to_tcp_timewait_sock__is_null_for_another_kind(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? !bpf_skc_to_tcp_timewait_sock(sk) : -1;
}

SEC("tc")
int skc_to_tcp_request_sock__is_null_for_another_kind(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? !bpf_skc_to_tcp_request_sock(sk) : -1;
}

SEC("tc")
int skc_to_udp6_sock__is_null_for_another_kind(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? !bpf_skc_to_udp6_sock(sk) : -1;
}

SEC("tc")
int skc_to_unix_sock__is_null_for_another_kind(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? !bpf_skc_to_unix_sock(sk) : -1;
}

SEC("tc")
int skc_to_mptcp_sock__is_null_for_another_kind(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? !bpf_skc_to_mptcp_sock(sk) : -1;
}

SEC("tc")
int get_socket_cookie__is_not_zero(struct __sk_buff* skb) { return bpf_get_socket_cookie(skb) != 0; }

SEC("tc")
int get_socket_cookie__stays(struct __sk_buff* skb) { return bpf_get_socket_cookie(skb) == bpf_get_socket_cookie(skb); }

SEC("tc")
int get_socket_uid__of_the_test_runs_socket(struct __sk_buff* skb) { return (int)bpf_get_socket_uid(skb); }

SEC("tc")
int get_netns_cookie__is_not_zero(struct __sk_buff* skb) { return bpf_get_netns_cookie(skb) != 0; }

SEC("tc")
int get_netns_cookie__of_nothing(struct __sk_buff* skb) { return bpf_get_netns_cookie(0) != 0; }

SEC("tc")
int sk_assign__EINVAL_for_flags(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? (int)bpf_sk_assign(skb, sk, 1) : -22;
}

SEC("tc")
int sk_assign__EOPNOTSUPP_but_at_ingress(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  return sk ? (int)bpf_sk_assign(skb, sk, 0) : -95;
}

/// 0 when nothing was found; a socket that was found is released and counted.
#define LOOKUP(how, size, netns, flags)                       \
  struct bpf_sock_tuple tuple = {};                           \
  tuple.ipv4.daddr = 0x0100007f;                              \
  tuple.ipv4.dport = 0x0100;                                  \
  struct bpf_sock* sk = how(ctx, &tuple, size, netns, flags); \
  if (!sk) return 0;                                          \
  bpf_sk_release(sk);                                         \
  return 1

SEC("tc")
int sk_lookup_tcp__finds_nothing(struct __sk_buff* ctx) {
  LOOKUP(bpf_sk_lookup_tcp, sizeof tuple.ipv4, BPF_F_CURRENT_NETNS, 0);
}

SEC("tc")
int sk_lookup_tcp__finds_nothing_by_a_wrong_size(struct __sk_buff* ctx) {
  LOOKUP(bpf_sk_lookup_tcp, 13, BPF_F_CURRENT_NETNS, 0);
}

SEC("tc")
int sk_lookup_tcp__finds_nothing_in_no_namespace(struct __sk_buff* ctx) {
  LOOKUP(bpf_sk_lookup_tcp, sizeof tuple.ipv6, 12345, 0);
}

SEC("xdp")
int sk_lookup_udp__finds_nothing_with_flags(struct xdp_md* ctx) {
  LOOKUP(bpf_sk_lookup_udp, sizeof tuple.ipv4, BPF_F_CURRENT_NETNS, 1);
}

SEC("xdp")
int skc_lookup_tcp__finds_nothing(struct xdp_md* ctx) {
  LOOKUP(bpf_skc_lookup_tcp, sizeof tuple.ipv6, BPF_F_CURRENT_NETNS, 0);
}

SEC("tc")
int sk_release__of_what_was_found(struct __sk_buff* ctx) {
  LOOKUP(bpf_sk_lookup_udp, sizeof tuple.ipv6, BPF_F_CURRENT_NETNS, 0);
}

#define OWN_SOCKET()             \
  struct bpf_sock* sk = skb->sk; \
  if (!sk) return -1;            \
  sk = bpf_sk_fullsock(sk);      \
  if (!sk) return -1

SEC("tc")
int sk_storage_get__is_null_until_made(struct __sk_buff* skb) {
  OWN_SOCKET();
  return bpf_sk_storage_get(&storage, sk, 0, 0) ? 1 : 0;
}

SEC("tc")
int sk_storage_get__starts_with_zeroes(struct __sk_buff* skb) {
  OWN_SOCKET();
  __u64* value = bpf_sk_storage_get(&storage, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (!value) return -2;
  *value += skb->len;
  return (int)*value;
}

SEC("tc")
int sk_storage_get__starts_with_a_value(struct __sk_buff* skb) {
  OWN_SOCKET();
  __u64 first = 77;
  __u64* value = bpf_sk_storage_get(&storage, sk, &first, BPF_SK_STORAGE_GET_F_CREATE);
  if (!value) return -2;
  *value += 1;
  value = bpf_sk_storage_get(&storage, sk, &first, BPF_SK_STORAGE_GET_F_CREATE);
  return value ? (int)*value : -3;
}

SEC("tc")
int sk_storage_get__takes_no_other_flags(struct __sk_buff* skb) {
  OWN_SOCKET();
  return bpf_sk_storage_get(&storage, sk, 0, 2) ? 1 : 0;
}

SEC("tc")
int sk_storage_delete__ENOENT(struct __sk_buff* skb) {
  OWN_SOCKET();
  return (int)bpf_sk_storage_delete(&storage, sk);
}

SEC("tc")
int sk_storage_delete__of_a_value(struct __sk_buff* skb) {
  OWN_SOCKET();
  bpf_sk_storage_get(&storage, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
  int first = (int)bpf_sk_storage_delete(&storage, sk);
  int second = (int)bpf_sk_storage_delete(&storage, sk);
  return first * 100 - second;
}

char _license[] SEC("license") = "GPL";
