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

// The other end of interface 7.
SEC("tc")
int to_peer(struct __sk_buff* skb) { return bpf_redirect_peer(7, 0); }

SEC("tc")
int count_here(struct __sk_buff* skb) { return TC_ACT_UNSPEC; }

SEC("tc")
int to_wan(struct __sk_buff* skb) { return bpf_redirect(7, 0); }

char _license[] SEC("license") = "GPL";
