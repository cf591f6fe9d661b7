// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// XDP firewall: drops the flows listed in `drop_list`, and whatever is sent to the discard port (RFC 863),
// which nobody who serves it would miss. All else passes, so an empty list is safe to attach.
#include "saya/parse.h"

#define DISCARD_PORT 9

enum drop_reason { PASSED, ON_THE_LIST, TO_THE_DISCARD_PORT, NOT_IP, DROP_REASONS };

// Key: a flow as it arrives. Value: how many of its packets were dropped.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4096);
  __type(key, struct saya_flow);
  __type(value, __u64);
} drop_list SEC(".maps");

// Key: enum drop_reason. Value: packets. NOT_IP packets pass.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, DROP_REASONS);
  __type(key, __u32);
  __type(value, __u64);
} drop_stats SEC(".maps");

static __always_inline enum drop_reason judge(const struct saya_headers* h) {
  struct saya_flow flow;
  __u64* hits;

  if (saya_flow_of(h, &flow)) return NOT_IP;
  hits = bpf_map_lookup_elem(&drop_list, &flow);
  if (hits) {
    __sync_fetch_and_add(hits, 1);
    return ON_THE_LIST;
  }
  return flow.destination_port == bpf_htons(DISCARD_PORT) ? TO_THE_DISCARD_PORT : PASSED;
}

SEC("xdp")
int droplist(struct xdp_md* ctx) {
  struct saya_headers h = saya_parse((void*)(long)ctx->data, (void*)(long)ctx->data_end);
  __u32 reason = judge(&h);
  __u64* count = bpf_map_lookup_elem(&drop_stats, &reason);

  if (count) ++*count;
  return reason == ON_THE_LIST || reason == TO_THE_DISCARD_PORT ? XDP_DROP : XDP_PASS;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
