// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Programs of tcx, and a filter.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

// Goes on with the next program, and behind the last one with the filters.
SEC("tcx/ingress")
int tcx_next(struct __sk_buff* skb) { return -1; }

SEC("tcx/egress")
int tcx_next_out(struct __sk_buff* skb) { return -1; }

// Passes short frames, and no other program sees them.
SEC("tcx/ingress")
int passes_short(struct __sk_buff* skb) { return skb->len < 100 ? 0 : -1; }

SEC("tc")
int shot(struct __sk_buff* skb) { return TC_ACT_SHOT; }

// Runs where a device map sends packets, not at a port.
SEC("xdp/devmap")
int at_port(struct xdp_md* ctx) { return XDP_PASS; }
