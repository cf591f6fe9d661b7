// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Prints a line for each packet.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

SEC("tc")
int trace(struct __sk_buff* skb) {
  bpf_printk("%d bytes", skb->len);
  return TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
