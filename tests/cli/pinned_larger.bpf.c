/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Wants the map of pinned_xdp.bpf.c with other sizes. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include "../object/include/elf_map.h"

struct bpf_elf_map SEC("maps") glob = {
    .type = BPF_MAP_TYPE_ARRAY, .size_key = 4, .size_value = 8, .max_elem = 8, .id = 1, .pinning = PIN_GLOBAL_NS};

SEC("classifier") int look(struct __sk_buff* skb) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&glob, &key) ? 0 : -1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
