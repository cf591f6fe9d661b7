// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// One program for each thing that can happen to a packet. The first port of `saya run` is 1048576, the second 1048577.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#define SECOND_PORT 1048577

SEC("xdp")
int tx(struct xdp_md* ctx) { return XDP_TX; }

SEC("xdp")
int aborted(struct xdp_md* ctx) { return XDP_ABORTED; }

SEC("xdp")
int unknown_action(struct xdp_md* ctx) { return 77; }

SEC("xdp")
int to_second_port(struct xdp_md* ctx) { return bpf_redirect(SECOND_PORT, 0); }

SEC("xdp")
int redirect_nowhere(struct xdp_md* ctx) { return bpf_redirect(1, 0); }

// Reads a byte that short frames do not have, without asking whether it is there.
SEC("xdp")
int unchecked(struct xdp_md* ctx) { return *((unsigned char*)(long)ctx->data + 100) ? XDP_PASS : XDP_DROP; }

SEC("tc")
int shot(struct __sk_buff* skb) { return TC_ACT_SHOT; }

SEC("tc")
int ok(struct __sk_buff* skb) { return TC_ACT_OK; }

SEC("tc")
int stolen(struct __sk_buff* skb) { return TC_ACT_STOLEN; }

SEC("tc")
int tc_to_second_port(struct __sk_buff* skb) { return bpf_redirect(SECOND_PORT, 0); }

// For a filter without direct action: a class for frames of up to 100 bytes, no match for the others.
SEC("tc")
int short_frames(struct __sk_buff* skb) { return skb->len <= 100 ? 0x10020 : 0; }

SEC("tc")
int chance(struct __sk_buff* skb) { return bpf_get_prandom_u32() & 1 ? TC_ACT_OK : TC_ACT_SHOT; }

char LICENSE[] SEC("license") = "Dual BSD/GPL";
