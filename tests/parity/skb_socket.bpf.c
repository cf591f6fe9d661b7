// The socket that a test run gives its packet: closed, with the packet's addresses.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u64);
  __uint(max_entries, 16);
} seen SEC(".maps");

static __always_inline void note(__u32 key, __u64 value) { bpf_map_update_elem(&seen, &key, &value, BPF_ANY); }

static __always_inline int look(struct __sk_buff* skb) {
  struct bpf_sock* sk = skb->sk;
  if (!sk) return -1;
  note(0, sk->family);
  note(1, sk->state);
  note(2, sk->src_port);
  note(3, sk->dst_port);
  note(4, sk->bound_dev_if);
  if (sk->family == 2) {
    note(5, sk->src_ip4);
    note(6, sk->dst_ip4);
  }
  if (sk->family == 10) {
    note(7, sk->src_ip6[0] ^ sk->src_ip6[3]);
    note(8, sk->dst_ip6[0] ^ sk->dst_ip6[3]);
  }
  return (int)sk->family;
}

SEC("tc") int sk__at_tc(struct __sk_buff* skb) { return look(skb); }
SEC("socket") int sk__of_a_filter(struct __sk_buff* skb) { return look(skb); }

// A filter's data begins at the network header; the MAC header is in front of it.
SEC("socket") int skb_load_bytes__of_a_filter(struct __sk_buff* skb) {
  __u64 word = 0;
  note(9, (__u64)bpf_skb_load_bytes(skb, 0, &word, 8));
  note(10, word);
  note(11, (__u64)bpf_skb_load_bytes(skb, skb->len - 7, &word, 8));
  note(12, word);
  return (int)skb->len;
}
SEC("socket") int skb_load_bytes_relative__of_a_filter(struct __sk_buff* skb) {
  __u64 word = 0;
  note(9, (__u64)bpf_skb_load_bytes_relative(skb, 6, &word, 8, BPF_HDR_START_MAC));
  note(10, word);
  note(11, (__u64)bpf_skb_load_bytes_relative(skb, 0, &word, 8, BPF_HDR_START_NET));
  note(12, word);
  note(13, (__u64)bpf_skb_load_bytes_relative(skb, skb->len - 8, &word, 8, BPF_HDR_START_NET));
  note(14, (__u64)bpf_skb_load_bytes_relative(skb, skb->len - 7, &word, 8, BPF_HDR_START_NET));
  return (int)skb->protocol;
}

char _license[] SEC("license") = "GPL";
