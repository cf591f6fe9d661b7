// Tunnel keys and options that a program sets and asks for.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u8[64]);
  __uint(max_entries, 2);
} seen SEC(".maps");

static __attribute__((always_inline)) __u8* out(__u32 key) { return bpf_map_lookup_elem(&seen, &key); }

static __attribute__((always_inline)) struct bpf_tunnel_key example(void) {
  struct bpf_tunnel_key key = {};
  key.tunnel_id = 0x123456;
  key.remote_ipv4 = 0x0a000001;
  key.local_ipv4 = 0x0a000002;
  key.tunnel_tos = 4;
  key.tunnel_ttl = 63;
  return key;
}

#define KEEP(pointer)                                  \
  __u8* to = out(0);                                   \
  if (!to) return -1;                                  \
  __builtin_memcpy(to, pointer, sizeof(struct bpf_tunnel_key))

SEC("tc")
int skb_get_tunnel_key__EINVAL_without_one(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = example();
  int error = (int)bpf_skb_get_tunnel_key(skb, &key, sizeof key, 0);
  KEEP(&key);
  return error;
}

#define SET_AND_GET(set_size, set_flags, get_size, get_flags)                         \
  struct bpf_tunnel_key key = example();                                              \
  int set = (int)bpf_skb_set_tunnel_key(skb, &key, set_size, set_flags);              \
  if (set) return set * 1000;                                                         \
  __builtin_memset(&key, 0x55, sizeof key);                                           \
  int got = (int)bpf_skb_get_tunnel_key(skb, &key, get_size, get_flags);              \
  KEEP(&key);                                                                         \
  return got

SEC("tc")
int skb_get_tunnel_key__after_set(struct __sk_buff* skb) { SET_AND_GET(sizeof key, 0, sizeof key, 0); }

SEC("tc")
int skb_get_tunnel_key__with_flags(struct __sk_buff* skb) { SET_AND_GET(sizeof key, 0, sizeof key, 16); }

SEC("tc")
int skb_get_tunnel_key__with_all_flags(struct __sk_buff* skb) {
  SET_AND_GET(sizeof key, BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT | BPF_F_SEQ_NUMBER | 16, sizeof key, 16);
}

SEC("tc")
int skb_get_tunnel_key__EPROTO(struct __sk_buff* skb) { SET_AND_GET(sizeof key, 0, sizeof key, BPF_F_TUNINFO_IPV6); }

SEC("tc")
int skb_get_tunnel_key__EINVAL_for_flags(struct __sk_buff* skb) { SET_AND_GET(sizeof key, 0, sizeof key, 2); }

SEC("tc")
int skb_get_tunnel_key__EINVAL_for_a_size(struct __sk_buff* skb) { SET_AND_GET(sizeof key, 0, 40, 0); }

SEC("tc")
int skb_get_tunnel_key__of_28_bytes(struct __sk_buff* skb) { SET_AND_GET(sizeof key, 0, 28, 0); }

SEC("tc")
int skb_get_tunnel_key__of_24_bytes(struct __sk_buff* skb) { SET_AND_GET(24, 0, 24, 0); }

SEC("tc")
int skb_get_tunnel_key__of_22_bytes(struct __sk_buff* skb) { SET_AND_GET(22, 0, 22, 0); }

SEC("tc")
int skb_get_tunnel_key__of_8_bytes(struct __sk_buff* skb) { SET_AND_GET(8, 0, 8, 0); }

SEC("tc")
int skb_get_tunnel_key__of_ipv6(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = {};
  key.tunnel_id = 9;
  key.remote_ipv6[0] = 0xfd;
  key.remote_ipv6[3] = 0x01000000;
  key.local_ipv6[0] = 0xfd;
  key.local_ipv6[3] = 0x02000000;
  key.tunnel_label = 0xfffff123;
  int set = (int)bpf_skb_set_tunnel_key(skb, &key, sizeof key, BPF_F_TUNINFO_IPV6);
  if (set) return set * 1000;
  __builtin_memset(&key, 0x55, sizeof key);
  int got = (int)bpf_skb_get_tunnel_key(skb, &key, sizeof key, BPF_F_TUNINFO_IPV6 | 16);
  KEEP(&key);
  return got;
}

SEC("tc")
int skb_get_tunnel_key__EINVAL_for_8_bytes_of_ipv6(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = {};
  if (bpf_skb_set_tunnel_key(skb, &key, sizeof key, BPF_F_TUNINFO_IPV6)) return -1000;
  return (int)bpf_skb_get_tunnel_key(skb, &key, 8, BPF_F_TUNINFO_IPV6);
}

SEC("tc")
int skb_set_tunnel_key__EINVAL_for_flags(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = example();
  return (int)bpf_skb_set_tunnel_key(skb, &key, sizeof key, 32);
}

SEC("tc")
int skb_set_tunnel_key__EINVAL_for_a_size(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = example();
  return (int)bpf_skb_set_tunnel_key(skb, &key, 30, 0);
}

SEC("tc")
int skb_set_tunnel_key__EINVAL_for_a_label_of_ipv4(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = example();
  key.tunnel_label = 1;
  return (int)bpf_skb_set_tunnel_key(skb, &key, sizeof key, 0);
}

SEC("tc")
int skb_set_tunnel_key__EINVAL_for_ext(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = example();
  key.tunnel_ext = 1;
  return (int)bpf_skb_set_tunnel_key(skb, &key, sizeof key, 0);
}

SEC("tc")
int skb_get_tunnel_opt__ENOENT_without_a_key(struct __sk_buff* skb) {
  __u8 options[8];
  return (int)bpf_skb_get_tunnel_opt(skb, options, sizeof options);
}

SEC("tc")
int skb_get_tunnel_opt__ENOENT_without_options(struct __sk_buff* skb) {
  struct bpf_tunnel_key key = example();
  __u8 options[8];
  bpf_skb_set_tunnel_key(skb, &key, sizeof key, 0);
  return (int)bpf_skb_get_tunnel_opt(skb, options, sizeof options);
}

#define SET_OPTIONS(size)                                              \
  struct bpf_tunnel_key key = example();                               \
  __u8 options[264] = {1, 2, 3, 4, 5, 6, 7, 8};                        \
  bpf_skb_set_tunnel_key(skb, &key, sizeof key, 0);                    \
  int set = (int)bpf_skb_set_tunnel_opt(skb, options, size)

SEC("tc")
int skb_set_tunnel_opt__and_get(struct __sk_buff* skb) {
  SET_OPTIONS(8);
  if (set) return set * 1000;
  __u8* back = out(1);
  if (!back) return -1;
  __builtin_memset(options, 0x55, 16);
  int got = (int)bpf_skb_get_tunnel_opt(skb, options, 16);
  __builtin_memcpy(back, options, 16);
  return got;
}

SEC("tc")
int skb_get_tunnel_opt__ENOMEM(struct __sk_buff* skb) {
  SET_OPTIONS(8);
  if (set) return set * 1000;
  return (int)bpf_skb_get_tunnel_opt(skb, options, 4);
}

SEC("tc")
int skb_get_tunnel_key__has_flags_of_options(struct __sk_buff* skb) {
  SET_OPTIONS(252);
  if (set) return set * 1000;
  int got = (int)bpf_skb_get_tunnel_key(skb, &key, sizeof key, 16);
  KEEP(&key);
  return got;
}

SEC("tc")
int skb_set_tunnel_opt__EINVAL_for_a_size(struct __sk_buff* skb) {
  SET_OPTIONS(7);
  return set;
}

SEC("tc")
int skb_set_tunnel_opt__ENOMEM(struct __sk_buff* skb) {
  SET_OPTIONS(256);
  return set;
}

SEC("tc")
int skb_set_tunnel_opt__EINVAL_without_a_key(struct __sk_buff* skb) {
  __u8 options[8] = {};
  return (int)bpf_skb_set_tunnel_opt(skb, options, sizeof options);
}

char _license[] SEC("license") = "GPL";
