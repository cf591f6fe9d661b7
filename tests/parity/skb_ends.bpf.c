// More or fewer bytes at a packet's ends, types, times, checksums.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u64);
  __uint(max_entries, 8);
} seen SEC(".maps");

static __always_inline void see(struct __sk_buff* skb) {
  __u64 facts[8] = {skb->len,         (__u64)(skb->data_end - skb->data),
                    skb->protocol,    skb->pkt_type,
                    skb->wire_len,    skb->tstamp_type,
                    skb->vlan_present};
  bpf_skb_load_bytes_relative(skb, 0, &facts[7], 8, BPF_HDR_START_NET);
#pragma unroll
  for (__u32 i = 0; i < 8; ++i) {
    __u32 key = i;
    bpf_map_update_elem(&seen, &key, &facts[i], BPF_ANY);
  }
}

#define ONE(helper, name, call)                           \
  SEC("tc") int helper##__##name(struct __sk_buff* skb) { \
    const int answer = (int)(call);                       \
    see(skb);                                             \
    return answer;                                        \
  }
#define TAIL(name, size, flags) ONE(skb_change_tail, name, bpf_skb_change_tail(skb, size, flags))
#define HEAD(name, size, flags) ONE(skb_change_head, name, bpf_skb_change_head(skb, size, flags))

TAIL(EINVAL_to_nothing, 0, 0)
TAIL(EINVAL_to_13, 13, 0)
TAIL(to_14, 14, 0)
TAIL(to_34, 34, 0)
TAIL(to_as_it_is, skb->len, 0)
TAIL(by_one_less, skb->len - 1, 0)
TAIL(by_one_more, skb->len + 1, 0)
TAIL(to_1500, 1500, 0)
TAIL(to_4000, 4000, 0)
TAIL(to_16064, 16064, 0)
TAIL(EINVAL_to_16065, 16065, 0)
TAIL(EINVAL_to_minus_one, -1, 0)
TAIL(EINVAL_flags, 64, 1)
TAIL(EINVAL_upper_flags, 64, 1ull << 32)

SEC("tc") int skb_change_tail__there_and_back(struct __sk_buff* skb) {
  const __u32 size = skb->len;
  bpf_skb_change_tail(skb, 20, 0);
  const int answer = (int)bpf_skb_change_tail(skb, size, 0);
  see(skb);
  return answer;
}

SEC("tc") int skb_change_tail__of_gso(struct __sk_buff* skb) {
  const int answer = (int)bpf_skb_change_tail(skb, skb->len, 0);
  return answer + (int)(skb->gso_size << 16 | skb->gso_segs);
}

HEAD(by_nothing, 0, 0)
HEAD(by_one, 1, 0)
HEAD(by_14, 14, 0)
HEAD(by_200, 200, 0)
HEAD(by_4096, 4096, 0)
HEAD(to_most, 16064 - skb->len, 0)
HEAD(EINVAL_beyond_most, 16065 - skb->len, 0)
HEAD(EINVAL_by_minus_one, -1, 0)
HEAD(EINVAL_by_a_gigabyte, 1 << 30, 0)
HEAD(EINVAL_flags, 14, 1)
HEAD(EINVAL_upper_flags, 14, 1ull << 63)

SEC("tc") int skb_change_head__then_tail(struct __sk_buff* skb) {
  bpf_skb_change_head(skb, 14, 0);
  const int too_short = (int)bpf_skb_change_tail(skb, 27, 0);
  const int answer = (int)bpf_skb_change_tail(skb, 28, 0);
  see(skb);
  return too_short * 1000 + answer;
}

SEC("tc") int skb_change_head__then_a_tag(struct __sk_buff* skb) {
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 7);
  bpf_skb_change_head(skb, 14, 0);
  const int answer = (int)bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 8);
  see(skb);
  return answer;
}

SEC("tc") int skb_change_head__relative_to_headers(struct __sk_buff* skb) {
  bpf_skb_change_head(skb, 6, 0);
  __u32 mac = 0, net = 0;
  bpf_skb_load_bytes_relative(skb, 8, &mac, 4, BPF_HDR_START_MAC);
  bpf_skb_load_bytes_relative(skb, 8, &net, 4, BPF_HDR_START_NET);
  return (int)(mac ^ net);
}

#define TYPE(name, type) ONE(skb_change_type, name, bpf_skb_change_type(skb, type))
TYPE(host, 0)
TYPE(broadcast, 1)
TYPE(multicast, 2)
TYPE(otherhost, 3)
TYPE(EINVAL_outgoing, 4)
TYPE(EINVAL_eight, 8)
TYPE(EINVAL_minus_one, -1)

#define TIME(name, time, clock) ONE(skb_set_tstamp, name, bpf_skb_set_tstamp(skb, time, clock))
TIME(realtime, 1000, 0)
TIME(realtime_of_zero, 0, 0)
TIME(monotonic, 1000, 1)
TIME(monotonic_of_zero, 0, 1)
TIME(tai, 1000, 2)
TIME(tai_of_zero, 0, 2)
TIME(unknown_clock, 1000, 3)
TIME(unknown_clock_of_zero, 0, -1)
TIME(minus_one, -1, 1)

SEC("tc") int skb_set_tstamp__then_written(struct __sk_buff* skb) {
  bpf_skb_set_tstamp(skb, 1000, 1);
  skb->tstamp = 55;
  return skb->tstamp_type;
}

SEC("tc") int skb_set_tstamp__then_read(struct __sk_buff* skb) {
  bpf_skb_set_tstamp(skb, 1000, 1);
  return (int)skb->tstamp;
}

#define RELATIVE(name, offset, size, header)                                               \
  SEC("tc") int skb_load_bytes_relative__##name(struct __sk_buff* skb) {                   \
    __u8 bytes[64] = {1, 2, 3};                                                            \
    const int answer = (int)bpf_skb_load_bytes_relative(skb, offset, bytes, size, header); \
    int sum = 0;                                                                           \
    for (int i = 0; i < 64; ++i) sum = sum * 3 + bytes[i];                                 \
    return answer ? answer : sum;                                                          \
  }
RELATIVE(mac_0, 0, 14, 0)
RELATIVE(mac_20, 20, 20, 0)
RELATIVE(net_0, 0, 20, 1)
RELATIVE(net_to_the_end, skb->len - 14 - 8, 8, 1)
RELATIVE(EFAULT_one_beyond, skb->len - 14 - 7, 8, 1)
RELATIVE(EFAULT_mac_beyond, skb->len, 1, 0)
RELATIVE(EFAULT_unknown_header, 0, 4, 2)
RELATIVE(EFAULT_64k, 65536, 4, 0)
RELATIVE(EFAULT_minus_one, -1, 4, 1)

#define LEVEL(name, level) ONE(csum_level, name, bpf_csum_level(skb, level))
LEVEL(EACCES_of_nothing, BPF_CSUM_LEVEL_QUERY)
LEVEL(EINVAL_four, 4)
LEVEL(EINVAL_upper_bits, 1ull << 32)
LEVEL(raised, BPF_CSUM_LEVEL_INC)
LEVEL(lowered, BPF_CSUM_LEVEL_DEC)
LEVEL(reset, BPF_CSUM_LEVEL_RESET)

SEC("tc") int csum_level__up_and_down(struct __sk_buff* skb) {
  int answer = 0;
  for (int i = 0; i < 6; ++i) {
    bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
    answer = answer * 7 + (int)bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
  }
  for (int i = 0; i < 3; ++i) {
    bpf_csum_level(skb, BPF_CSUM_LEVEL_DEC);
    answer = answer * 7 + (int)bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
  }
  bpf_csum_level(skb, BPF_CSUM_LEVEL_RESET);
  return answer * 7 + (int)bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
}

SEC("tc") int csum_level__reset_by_room(struct __sk_buff* skb) {
  bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
  bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
  bpf_skb_adjust_room(skb, 20, BPF_ADJ_ROOM_MAC, 0);
  return (int)bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
}

SEC("tc") int csum_level__kept_by_room(struct __sk_buff* skb) {
  bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
  bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
  bpf_skb_adjust_room(skb, 20, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_NO_CSUM_RESET);
  return (int)bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
}

SEC("tc") int csum_level__dropped_by_a_difference(struct __sk_buff* skb) {
  bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
  return (int)bpf_csum_update(skb, 1) * 1000 + (int)bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
}

// The socket of a test run belongs to whoever runs it.
SEC("tc")
int skb_cgroup_id__of_the_socket(struct __sk_buff* skb) {
  return bpf_skb_cgroup_id(skb) == bpf_get_current_cgroup_id();
}
SEC("tc")
int skb_ancestor_cgroup_id__at_the_top(struct __sk_buff* skb) {
  return bpf_skb_ancestor_cgroup_id(skb, 0) == bpf_get_current_ancestor_cgroup_id(0);
}
SEC("tc")
int skb_ancestor_cgroup_id__above_it(struct __sk_buff* skb) { return (int)bpf_skb_ancestor_cgroup_id(skb, -1); }
SEC("tc")
int skb_ancestor_cgroup_id__deeper_than_anyone(struct __sk_buff* skb) {
  return (int)bpf_skb_ancestor_cgroup_id(skb, 77);
}

ONE(get_cgroup_classid, none, bpf_get_cgroup_classid(skb))
ONE(skb_cgroup_classid, none, bpf_skb_cgroup_classid(skb))
ONE(get_route_realm, none, bpf_get_route_realm(skb))

SEC("xdp") int get_cgroup_classid__at_xdp(struct xdp_md* xdp) {
  return (int)bpf_get_cgroup_classid((struct __sk_buff*)xdp);
}

#define XFRM(name, index, size, flags)                                               \
  SEC("tc") int skb_get_xfrm_state__##name(struct __sk_buff* skb) {                  \
    struct bpf_xfrm_state state = {.reqid = 7, .spi = 8};                            \
    const int answer = (int)bpf_skb_get_xfrm_state(skb, index, &state, size, flags); \
    return answer + (int)(state.reqid | state.spi);                                  \
  }
XFRM(EINVAL_first, 0, sizeof state, 0)
XFRM(EINVAL_other_size, 0, 8, 0)
XFRM(EINVAL_flags, 1, sizeof state, 1)

char _license[] SEC("license") = "GPL";
