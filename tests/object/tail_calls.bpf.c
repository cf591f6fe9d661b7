/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A prog array that is filled where it is declared: parse -> count -> itself, until the 33 tail calls are used up. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int count(struct xdp_md* ctx);
static int drop_short(struct xdp_md* ctx);

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __uint(key_size, sizeof(__u32));
  __array(values, int(void*));
} stages SEC(".maps") = {
    .values = {[1] = (void*)&count, [3] = (void*)&drop_short},
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
} runs SEC(".maps");

SEC("xdp/parse") int parse(struct xdp_md* ctx) {
  bpf_tail_call(ctx, &stages, ctx->data_end - ctx->data < 60 ? 3 : 1);
  return XDP_ABORTED;
}

SEC("xdp/count") int count(struct xdp_md* ctx) {
  __u32 key = 0;
  __u64* value = bpf_map_lookup_elem(&runs, &key);
  if (value) __sync_fetch_and_add(value, 1);
  bpf_tail_call(ctx, &stages, 1);
  return XDP_PASS;
}

SEC("xdp/drop") static int drop_short(struct xdp_md* ctx) { return XDP_DROP; }

char LICENSE[] SEC("license") = "Dual BSD/GPL";
