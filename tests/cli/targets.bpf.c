// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Programs whose ways a loader lays: into device and CPU maps, into a prog array, to the other end of a pair.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, struct bpf_devmap_val);
} ports SEC(".maps");

// Without types, as many objects have it.
struct {
  __uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 8);
} hashed SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_CPUMAP);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 8);
} cpus SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 4);
} jumps SEC(".maps");

SEC("xdp")
int to_port(struct xdp_md* ctx) { return bpf_redirect_map(&ports, 1, XDP_ABORTED); }

SEC("xdp")
int to_hashed(struct xdp_md* ctx) { return bpf_redirect_map(&hashed, 7, XDP_ABORTED); }

SEC("xdp")
int to_all(struct xdp_md* ctx) { return bpf_redirect_map(&ports, 0, BPF_F_BROADCAST | BPF_F_EXCLUDE_INGRESS); }

SEC("xdp")
int to_cpu(struct xdp_md* ctx) { return bpf_redirect_map(&cpus, 0, XDP_ABORTED); }

SEC("xdp")
int to_jump(struct xdp_md* ctx) {
  bpf_tail_call(ctx, &jumps, 2);
  return XDP_ABORTED;
}

SEC("xdp/devmap")
int short_only(struct xdp_md* ctx) { return ctx->data_end - ctx->data < 100 ? XDP_PASS : XDP_DROP; }

SEC("xdp/cpumap")
int long_only(struct xdp_md* ctx) { return ctx->data_end - ctx->data < 100 ? XDP_DROP : XDP_PASS; }

SEC("xdp")
int jumped_to(struct xdp_md* ctx) { return XDP_TX; }

// Takes all but the Ethernet header away.
SEC("xdp")
int to_nothing(struct xdp_md* ctx) {
  bpf_xdp_adjust_tail(ctx, 14 - (int)(ctx->data_end - ctx->data));
  return XDP_PASS;
}

SEC("tc")
int clones(struct __sk_buff* skb) {
  bpf_clone_redirect(skb, 7, 0);
  bpf_clone_redirect(skb, 8, BPF_F_INGRESS);
  bpf_clone_redirect(skb, 99, 0);
  return TC_ACT_SHOT;
}

// For ever, if nobody ends it.
SEC("tc")
int clones_itself(struct __sk_buff* skb) {
  bpf_clone_redirect(skb, skb->ifindex, BPF_F_INGRESS);
  return TC_ACT_OK;
}

SEC("tc")
int to_itself(struct __sk_buff* skb) { return bpf_redirect(skb->ifindex, 0); }

SEC("tc")
int stolen(struct __sk_buff* skb) { return TC_ACT_STOLEN; }

SEC("tc")
int trapped(struct __sk_buff* skb) { return TC_ACT_TRAP; }

// Reads what it has not asked for.
SEC("tc")
int breaks_a_rule(struct __sk_buff* skb) { return *((unsigned char*)(long)skb->data + 1000) ? TC_ACT_OK : TC_ACT_SHOT; }

// The other end of interface 7.
SEC("tc")
int to_peer(struct __sk_buff* skb) { return bpf_redirect_peer(7, 0); }

SEC("tc")
int count_here(struct __sk_buff* skb) { return TC_ACT_UNSPEC; }

SEC("tc")
int to_wan(struct __sk_buff* skb) { return bpf_redirect(7, 0); }

char _license[] SEC("license") = "GPL";
