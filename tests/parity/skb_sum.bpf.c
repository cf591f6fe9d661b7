// The sum that a device computed, kept right by those who ask for it; tests/test_run_variants_test.cpp brings one.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define SUM(name) SEC("tc") int csum_update__##name(struct __sk_buff* skb)

SUM(of_one) { return (int)bpf_csum_update(skb, 1); }
SUM(of_all_ones) { return (int)bpf_csum_update(skb, -1); }
SUM(of_zero) { return (int)bpf_csum_update(skb, 0); }
SUM(twice) {
  bpf_csum_update(skb, 0xfffe0001);
  return (int)bpf_csum_update(skb, 0x0001fffe);
}
SUM(right_after_a_write) {
  const __u8 byte[] = {0x5a};
  bpf_skb_store_bytes(skb, 21, byte, 1, BPF_F_RECOMPUTE_CSUM);
  return (int)bpf_csum_update(skb, 0);
}
SUM(right_after_a_long_write) {
  const __u8 bytes[] = {1, 2, 3, 4, 5, 6, 7};
  bpf_skb_store_bytes(skb, 16, bytes, sizeof bytes, BPF_F_RECOMPUTE_CSUM);
  return (int)bpf_csum_update(skb, 0);
}
SUM(wrong_after_a_write) {
  const __u8 byte[] = {0x5a};
  bpf_skb_store_bytes(skb, 20, byte, 1, 0);
  return (int)bpf_csum_update(skb, 0);
}
SUM(of_a_written_mac_header) {
  const __u8 byte[] = {0x5a};
  bpf_skb_store_bytes(skb, 5, byte, 1, BPF_F_RECOMPUTE_CSUM);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_tags) {
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 7);
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 8);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_tags_came_and_went) {
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 7);
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 8);
  bpf_skb_vlan_pop(skb);
  bpf_skb_vlan_pop(skb);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_room) {
  bpf_skb_adjust_room(skb, 20, BPF_ADJ_ROOM_MAC, 0);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_less_room) {
  bpf_skb_adjust_room(skb, -8, BPF_ADJ_ROOM_MAC, 0);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_another_protocol) {
  bpf_skb_change_proto(skb, __builtin_bswap16(0x0800), 0);
  bpf_skb_change_proto(skb, __builtin_bswap16(0x86dd), 0);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_another_end) {
  bpf_skb_change_tail(skb, skb->len + 2, 0);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_the_same_end) {
  bpf_skb_change_tail(skb, skb->len, 0);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_another_head) {
  bpf_skb_change_head(skb, 15, 0);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_congestion) {
  const __u8 tos[] = {0x22};
  bpf_skb_store_bytes(skb, 15, tos, 1, BPF_F_RECOMPUTE_CSUM);
  bpf_skb_ecn_set_ce(skb);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_a_level) {
  bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
  return (int)bpf_csum_update(skb, 0) ^ (int)bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
}
SUM(after_replacing) {
  bpf_l3_csum_replace(skb, 24, 0x1234, 0x4321, 2);
  bpf_l4_csum_replace(skb, 40, 0x1234, 0x4321, 2 | BPF_F_PSEUDO_HDR);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_replacing_by_a_difference) {
  bpf_l4_csum_replace(skb, 40, 0, 0x4321, BPF_F_PSEUDO_HDR);
  return (int)bpf_csum_update(skb, 0);
}
SUM(after_replacing_at_ipv6) {
  bpf_l4_csum_replace(skb, 60, 0x01020304, 0x04030201, 4 | BPF_F_PSEUDO_HDR);
  bpf_l4_csum_replace(skb, 60, 0, 0x4321, BPF_F_PSEUDO_HDR | (1 << 7));
  return (int)bpf_csum_update(skb, 0);
}

char _license[] SEC("license") = "GPL";
