/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Puts another program into the pinned prog array of pinned_tc.bpf.c. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>
#include "../object/include/elf_map.h"

struct bpf_elf_map SEC("maps") jumps = {
    .type = BPF_MAP_TYPE_PROG_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 2, .id = 9, .pinning = PIN_GLOBAL_NS};

SEC("9/0") int shoot_short(struct __sk_buff* skb) { return skb->len < 60 ? TC_ACT_SHOT : TC_ACT_OK; }

SEC("classifier") int go_on(struct __sk_buff* skb) { return TC_ACT_UNSPEC; }

char LICENSE[] SEC("license") = "Dual BSD/GPL";
