// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// A pair: the XDP program classifies a frame once and writes its class in front of it, where the tc program finds it
// and turns it into skb->mark, which routing, qdiscs and sockets understand. No second parse, no shared map.
#include <linux/pkt_cls.h>

#include "saya/parse.h"

enum traffic_class { UNCLASSIFIED, CONTROL, INTERACTIVE, BULK, TRAFFIC_CLASSES };

#define SSH_PORT 22
#define DNS_PORT 53

// Distinguishes our metadata from another program's.
#define META_MAGIC 0x73617961

struct meta {
  __u32 magic;
  __u32 traffic_class;
};

// Key: enum traffic_class. Value: packets that reached tc.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, TRAFFIC_CLASSES);
  __type(key, __u32);
  __type(value, __u64);
} class_packets SEC(".maps");

static __always_inline int either_port_is(const struct saya_flow* flow, __u16 port) {
  return flow->source_port == bpf_htons(port) || flow->destination_port == bpf_htons(port);
}

static __always_inline enum traffic_class classify(const struct saya_headers* h) {
  struct saya_flow flow;

  if (saya_flow_of(h, &flow)) return UNCLASSIFIED;
  if (h->icmp) return CONTROL;
  if (either_port_is(&flow, SSH_PORT) || either_port_is(&flow, DNS_PORT)) return INTERACTIVE;
  return BULK;
}

SEC("xdp")
int write_class(struct xdp_md* ctx) {
  struct saya_headers h = saya_parse((void*)(long)ctx->data, (void*)(long)ctx->data_end);
  enum traffic_class traffic_class = classify(&h);
  struct meta* meta;

  // A driver without room for metadata refuses: the frame then arrives unclassified.
  if (bpf_xdp_adjust_meta(ctx, -(int)sizeof(*meta))) return XDP_PASS;
  meta = (void*)(long)ctx->data_meta;
  if ((void*)(meta + 1) > (void*)(long)ctx->data) return XDP_ABORTED;
  meta->magic = META_MAGIC;
  meta->traffic_class = traffic_class;
  return XDP_PASS;
}

SEC("tc")
int read_class(struct __sk_buff* skb) {
  struct meta* meta = (void*)(long)skb->data_meta;
  __u32 traffic_class = UNCLASSIFIED;
  __u64* packets;

  if ((void*)(meta + 1) <= (void*)(long)skb->data && meta->magic == META_MAGIC) traffic_class = meta->traffic_class;
  skb->mark = traffic_class;
  packets = bpf_map_lookup_elem(&class_packets, &traffic_class);
  if (packets) __sync_fetch_and_add(packets, 1);
  return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
