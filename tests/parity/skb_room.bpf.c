// Room between headers: every mode and flag, with values at and beyond the limits. Frames that are no IP are refused.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define NET BPF_ADJ_ROOM_NET
#define MAC BPF_ADJ_ROOM_MAC
#define FIXED BPF_F_ADJ_ROOM_FIXED_GSO
#define IP4 BPF_F_ADJ_ROOM_ENCAP_L3_IPV4
#define IP6 BPF_F_ADJ_ROOM_ENCAP_L3_IPV6
#define GRE BPF_F_ADJ_ROOM_ENCAP_L4_GRE
#define UDP BPF_F_ADJ_ROOM_ENCAP_L4_UDP
#define KEEP BPF_F_ADJ_ROOM_NO_CSUM_RESET
#define ETH BPF_F_ADJ_ROOM_ENCAP_L2_ETH
#define L2(bytes) BPF_F_ADJ_ROOM_ENCAP_L2((__u64)(bytes))
#define OUT4 (1 << 7)  // BPF_F_ADJ_ROOM_DECAP_L3_IPV4, which older headers lack.
#define OUT6 (1 << 8)

/// What a program can see of the packet afterwards: in a map, since ctx_out has not got it.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u64);
  __uint(max_entries, 8);
} seen SEC(".maps");

static __always_inline void see(struct __sk_buff* skb) {
  const __u64 facts[] = {skb->len, skb->protocol, (__u64)(skb->data_end - skb->data), skb->gso_size, skb->gso_segs};
#pragma unroll
  for (__u32 i = 0; i < 5; ++i) {
    __u32 key = i;
    bpf_map_update_elem(&seen, &key, &facts[i], BPF_ANY);
  }
  // Where the network header is: the helper reads from there.
  __u32 key = 5;
  __u64 at_network = 0;
  bpf_skb_load_bytes_relative(skb, 0, &at_network, 8, BPF_HDR_START_NET);
  bpf_map_update_elem(&seen, &key, &at_network, BPF_ANY);
}

#define ROOM(name, bytes, mode, flags)                                    \
  SEC("tc") int skb_adjust_room__##name(struct __sk_buff* skb) {          \
    const int answer = (int)bpf_skb_adjust_room(skb, bytes, mode, flags); \
    see(skb);                                                             \
    return answer;                                                        \
  }

ROOM(mac_by_none, 0, MAC, 0)
ROOM(net_by_none, 0, NET, 0)
ROOM(mac_by_one, 1, MAC, 0)
ROOM(mac_by_20, 20, MAC, 0)
ROOM(mac_by_20_fixed, 20, MAC, FIXED)
ROOM(net_by_20, 20, NET, 0)
ROOM(net_by_most, 0xfff, NET, 0)
ROOM(mac_by_most, 0xfff, MAC, KEEP)
ROOM(EFAULT_beyond_most, 0x1000, MAC, 0)
ROOM(EFAULT_below_least, -0x1000, MAC, 0)
ROOM(EFAULT_lowest, (int)0x80000000, MAC, 0)
ROOM(EFAULT_highest, 0x7fffffff, MAC, 0)
ROOM(EINVAL_unknown_flag, 20, MAC, 1 << 9)
ROOM(EINVAL_unknown_flag_first, 0x1000, MAC, 1ull << 40)
ROOM(unknown_mode, 20, 2, 0)
ROOM(mac_shrinks_by_one, -1, MAC, 0)
ROOM(mac_shrinks_by_8, -8, MAC, 0)
ROOM(net_shrinks_by_8, -8, NET, 0)
ROOM(net_shrinks_by_12, -12, NET, FIXED)
ROOM(net_shrinks_by_13, -13, NET, 0)
ROOM(net_shrinks_by_14, -14, NET, 0)
ROOM(net_shrinks_by_25, -25, NET, 0)
ROOM(mac_shrinks_by_26, -26, MAC, 0)
ROOM(mac_shrinks_by_all, -33, MAC, 0)
ROOM(mac_shrinks_by_most, -0xfff, MAC, 0)
ROOM(ipip, 20, MAC, IP4)
ROOM(ip6ip, 40, MAC, IP6)
ROOM(ip4_and_ip6, 40, MAC, IP4 | IP6)
ROOM(gre, 24, MAC, IP4 | GRE)
ROOM(gre6, 44, MAC, IP6 | GRE | FIXED)
ROOM(udp, 28, MAC, IP4 | UDP | KEEP)
ROOM(udp6, 48, MAC, IP6 | UDP)
ROOM(gre_and_udp, 28, MAC, IP4 | GRE | UDP)
ROOM(gre_alone, 28, MAC, GRE)
ROOM(inner_mac, 28 + 14, MAC, IP4 | UDP | L2(14))
ROOM(inner_mac_of_ethernet, 36 + 14, MAC, IP4 | UDP | L2(14) | ETH)
ROOM(inner_mac_too_short, 36 + 14, MAC, IP4 | UDP | L2(13) | ETH)
ROOM(inner_mac_too_long, 36, MAC, IP4 | UDP | L2(37))
ROOM(inner_mac_longest, 0xff, MAC, IP4 | UDP | L2(0xff))
ROOM(inner_mac_alone, 36, MAC, L2(0xff))
ROOM(ethernet_alone, 36, MAC, ETH)
ROOM(net_encapsulated, 20, NET, IP4)
ROOM(encapsulated_by_none, 0, MAC, IP4)
ROOM(decap_grows, 20, MAC, OUT4)
ROOM(decap_ip4, -8, MAC, OUT4)
ROOM(decap_ip6, -4, MAC, OUT6)
ROOM(decap_ip6_by_8, -8, MAC, OUT6)
ROOM(decap_both, -8, MAC, OUT4 | OUT6)
ROOM(decap_net, -4, NET, OUT4)
ROOM(decap_kept, -4, NET, OUT6 | KEEP | FIXED)
ROOM(shrinks_encapsulated, -8, MAC, IP4)
ROOM(shrinks_inner_mac, -8, MAC, L2(4))

// Several in a row.
SEC("tc") int skb_adjust_room__twice_encapsulated(struct __sk_buff* skb) {
  const int first = (int)bpf_skb_adjust_room(skb, 20, MAC, IP4);
  see(skb);
  return first * 1000 + (int)bpf_skb_adjust_room(skb, 20, MAC, IP4);
}

SEC("tc") int skb_adjust_room__there_and_back(struct __sk_buff* skb) {
  bpf_skb_adjust_room(skb, 28, MAC, IP4 | UDP);
  see(skb);
  const int answer = (int)bpf_skb_adjust_room(skb, -28, MAC, OUT4);
  see(skb);
  return answer;
}

SEC("tc") int skb_adjust_room__encapsulated_then_tail(struct __sk_buff* skb) {
  bpf_skb_adjust_room(skb, 20, MAC, IP4);
  return (int)bpf_skb_change_tail(skb, skb->len + 1, 0);
}

SEC("tc") int skb_adjust_room__behind_a_pushed_tag(struct __sk_buff* skb) {
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 5);
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x88a8), 6);
  const int answer = (int)bpf_skb_adjust_room(skb, 20, MAC, 0);
  see(skb);
  return answer;
}

SEC("tc") int skb_adjust_room__until_it_is_full(struct __sk_buff* skb) {
  int answer = 0;
  for (int i = 0; i < 6; ++i) answer = answer * 1000 + (int)bpf_skb_adjust_room(skb, 0xfff - (skb->len & 1), MAC, 0);
  see(skb);
  return answer;
}

SEC("tc") int skb_adjust_room__behind_a_new_head(struct __sk_buff* skb) {
  bpf_skb_change_head(skb, 14, 0);
  const int answer = (int)bpf_skb_adjust_room(skb, 20, MAC, 0);
  see(skb);
  return answer;
}

#define PROTO(name, protocol, flags)                                    \
  SEC("tc") int skb_change_proto__##name(struct __sk_buff* skb) {       \
    const int answer = (int)bpf_skb_change_proto(skb, protocol, flags); \
    see(skb);                                                           \
    return answer;                                                      \
  }

PROTO(ip6, __builtin_bswap16(0x86dd), 0)
PROTO(ip4, __builtin_bswap16(0x0800), 0)
PROTO(ENOTSUPP_arp, __builtin_bswap16(0x0806), 0)
PROTO(ENOTSUPP_zero, 0, 0)
PROTO(EINVAL_flags, __builtin_bswap16(0x86dd), 1)

SEC("tc") int skb_change_proto__there_and_back(struct __sk_buff* skb) {
  bpf_skb_change_proto(skb, __builtin_bswap16(0x86dd), 0);
  see(skb);
  const int answer = (int)bpf_skb_change_proto(skb, __builtin_bswap16(0x0800), 0);
  see(skb);
  return answer;
}

SEC("tc") int skb_change_proto__behind_a_pushed_tag(struct __sk_buff* skb) {
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 5);
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 6);
  const int answer = (int)bpf_skb_change_proto(skb, __builtin_bswap16(0x86dd), 0);
  see(skb);
  return answer;
}

SEC("tc") int skb_change_proto__of_a_cut_packet(struct __sk_buff* skb) {
  bpf_skb_change_tail(skb, 30, 0);
  const int answer = (int)bpf_skb_change_proto(skb, __builtin_bswap16(0x0800), 0);
  see(skb);
  return answer;
}

SEC("tc") int skb_change_proto__loses_the_hash(struct __sk_buff* skb) {
  bpf_set_hash(skb, 77);
  bpf_skb_change_proto(skb, __builtin_bswap16(0x86dd), 0);
  return (int)skb->hash;
}

char _license[] SEC("license") = "GPL";
