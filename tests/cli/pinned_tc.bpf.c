/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts packets in the map of pinned_xdp.bpf.c, as iproute2's objects say it, and calls into a pinned prog array. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>
#include "../object/include/elf_map.h"

struct bpf_elf_map SEC("maps") glob = {
    .type = BPF_MAP_TYPE_ARRAY, .size_key = 4, .size_value = 8, .max_elem = 4, .id = 1, .pinning = PIN_GLOBAL_NS};
struct bpf_elf_map SEC("maps") jumps = {
    .type = BPF_MAP_TYPE_PROG_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 2, .id = 2, .pinning = PIN_GLOBAL_NS};

static void count(__u32 key) {
  __u64* value = bpf_map_lookup_elem(&glob, &key);
  if (value) __sync_fetch_and_add(value, 1);
}

SEC("2/0") int pass_on(struct __sk_buff* skb) {
  count(2);
  return TC_ACT_OK;
}

SEC("classifier") int count_at_tc(struct __sk_buff* skb) {
  count(1);
  bpf_tail_call(skb, &jumps, 0);
  return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
