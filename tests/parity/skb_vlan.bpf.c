// Tags beside the frame and in it.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define Q __builtin_bswap16(0x8100)
#define AD __builtin_bswap16(0x88a8)

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u64);
  __uint(max_entries, 16);
} seen SEC(".maps");

/// The context in a map, and what the network header is taken to be.
static __always_inline void see(struct __sk_buff* skb) {
  __u64 facts[8] = {skb->len, skb->protocol, skb->vlan_present, skb->vlan_tci, skb->vlan_proto, skb->hash};
  bpf_skb_load_bytes_relative(skb, 0, &facts[6], 8, BPF_HDR_START_NET);
  bpf_skb_load_bytes_relative(skb, 6, &facts[7], 8, BPF_HDR_START_MAC);
#pragma unroll
  for (__u32 i = 0; i < 8; ++i) {
    __u32 key = i;
    bpf_map_update_elem(&seen, &key, &facts[i], BPF_ANY);
  }
}

#define PUSH(name, protocol, tag)                                  \
  SEC("tc") int skb_vlan_push__##name(struct __sk_buff* skb) {     \
    const int answer = (int)bpf_skb_vlan_push(skb, protocol, tag); \
    see(skb);                                                      \
    return answer;                                                 \
  }
PUSH(q, Q, 7)
PUSH(ad, AD, 0x6007)
PUSH(another_protocol, 0x1234, 7)
PUSH(protocol_in_host_order, 0x8100, 7)
PUSH(no_protocol, 0, 0)
PUSH(every_bit, Q, 0xffff)

SEC("tc") int skb_vlan_push__twice(struct __sk_buff* skb) {
  bpf_skb_vlan_push(skb, Q, 7);
  const int answer = (int)bpf_skb_vlan_push(skb, AD, 0x2008);
  see(skb);
  return answer;
}

SEC("tc") int skb_vlan_push__many_times(struct __sk_buff* skb) {
  int answer = 0;
  for (int i = 0; i < 40; ++i) answer += (int)bpf_skb_vlan_push(skb, i % 2 ? Q : AD, i);
  see(skb);
  return answer;
}

SEC("tc") int skb_vlan_pop__once(struct __sk_buff* skb) {
  const int answer = (int)bpf_skb_vlan_pop(skb);
  see(skb);
  return answer;
}

SEC("tc") int skb_vlan_pop__twice(struct __sk_buff* skb) {
  bpf_skb_vlan_pop(skb);
  const int answer = (int)bpf_skb_vlan_pop(skb);
  see(skb);
  return answer;
}

SEC("tc") int skb_vlan_pop__after_a_push(struct __sk_buff* skb) {
  bpf_skb_vlan_push(skb, Q, 7);
  const int answer = (int)bpf_skb_vlan_pop(skb);
  see(skb);
  return answer;
}

SEC("tc") int skb_vlan_pop__after_two_pushes(struct __sk_buff* skb) {
  bpf_skb_vlan_push(skb, Q, 7);
  bpf_skb_vlan_push(skb, AD, 8);
  const int answer = (int)bpf_skb_vlan_pop(skb);
  see(skb);
  return answer;
}

SEC("tc") int skb_vlan_pop__after_three_pushes(struct __sk_buff* skb) {
  bpf_skb_vlan_push(skb, Q, 7);
  bpf_skb_vlan_push(skb, AD, 8);
  bpf_skb_vlan_push(skb, Q, 9);
  int answer = (int)bpf_skb_vlan_pop(skb);
  answer += (int)bpf_skb_vlan_pop(skb);
  see(skb);
  answer += (int)bpf_skb_vlan_pop(skb);
  answer += (int)bpf_skb_vlan_pop(skb);
  return answer;
}

SEC("tc") int skb_vlan_pop__before_a_length(struct __sk_buff* skb) {
  const __u8 length_of_46[] = {0, 46};
  bpf_skb_store_bytes(skb, 16, length_of_46, 2, 0);
  const int answer = (int)bpf_skb_vlan_pop(skb);
  see(skb);
  return answer;
}

SEC("tc") int skb_vlan_pop__before_raw_802_3(struct __sk_buff* skb) {
  const __u8 novell[] = {0, 46, 0xff, 0xff};
  bpf_skb_store_bytes(skb, 16, novell, 4, 0);
  const int answer = (int)bpf_skb_vlan_pop(skb);
  see(skb);
  return answer;
}

SEC("tc") int skb_vlan_pop__of_a_short_frame(struct __sk_buff* skb) {
  bpf_skb_change_tail(skb, 17, 0);
  const int answer = (int)bpf_skb_vlan_pop(skb);
  see(skb);
  return answer;
}

// Both sides of a tag that the sender left in the frame.
SEC("tc") int skb_ecn_set_ce__as_it_is(struct __sk_buff* skb) { return (int)bpf_skb_ecn_set_ce(skb); }

#define ECN(name, byte)                                         \
  SEC("tc") int skb_ecn_set_ce__##name(struct __sk_buff* skb) { \
    const __u8 tos[] = {byte};                                  \
    bpf_skb_store_bytes(skb, 15, tos, 1, 0);                    \
    return (int)bpf_skb_ecn_set_ce(skb);                        \
  }
ECN(ect0, 0x02)
ECN(ect1, 0x01)
ECN(marked, 0x03)
ECN(ect0_with_class, 0xfe)
ECN(ip6_ect0, 0x20)
ECN(ip6_ect1, 0x10)
ECN(ip6_marked, 0x30)

SEC("tc") int skb_ecn_set_ce__of_a_short_frame(struct __sk_buff* skb) {
  const __u8 tos[] = {0x22};
  bpf_skb_store_bytes(skb, 15, tos, 1, 0);
  bpf_skb_change_tail(skb, 33, 0);
  return (int)bpf_skb_ecn_set_ce(skb);
}

SEC("tc") int skb_ecn_set_ce__carries_into_the_checksum(struct __sk_buff* skb) {
  const __u8 tos[] = {0x22}, check[] = {0xff, 0xff};
  bpf_skb_store_bytes(skb, 15, tos, 1, 0);
  bpf_skb_store_bytes(skb, 24, check, 2, 0);
  return (int)bpf_skb_ecn_set_ce(skb);
}

SEC("tc") int skb_ecn_set_ce__behind_a_pushed_tag(struct __sk_buff* skb) {
  const __u8 tos[] = {0x22};
  bpf_skb_store_bytes(skb, 15, tos, 1, 0);
  bpf_skb_vlan_push(skb, Q, 7);
  const int beside = (int)bpf_skb_ecn_set_ce(skb);
  bpf_skb_vlan_push(skb, Q, 2);
  return beside * 10 + (int)bpf_skb_ecn_set_ce(skb);
}

char _license[] SEC("license") = "GPL";
