/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counts packets by their length modulo 4, in a map of maps: for short packets in one, for the others in another. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct counters {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
};
struct counters of_short SEC(".maps"), of_long SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 3);
  __type(key, __u32);
  __array(values, struct counters);
} by_size SEC(".maps") = {
    .values = {[0] = (void*)&of_short, [2] = (void*)&of_long}
};

SEC("xdp") int count(struct xdp_md* ctx) {
  __u32 length = ctx->data_end - ctx->data;
  __u32 size = length < 100 ? 0 : 2, key = length % 4;
  void* counters = bpf_map_lookup_elem(&by_size, &size);
  if (!counters) return XDP_ABORTED;
  __u64* value = bpf_map_lookup_elem(counters, &key);
  if (value) __sync_fetch_and_add(value, 1);
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
