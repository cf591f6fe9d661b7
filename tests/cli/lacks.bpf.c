// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// A map of a type that saya does not have, for obj-check.cli.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_STRUCT_OPS);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} operations SEC(".maps");

SEC("xdp")
int passes(struct xdp_md* ctx) { return XDP_PASS; }

char LICENSE[] SEC("license") = "GPL";
