// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// tc classifier: counts packets and bytes by IP protocol and decides nothing, so it fits in front of any filter.
#include <linux/pkt_cls.h>

#include "saya/parse.h"

#define PROTOCOLS 256
#define NOT_IP 255  // IANA reserves this protocol number: here it counts ARP and the like.

// Key: IP protocol. A private counter on each CPU needs no atomic operation.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, PROTOCOLS);
  __type(key, __u32);
  __type(value, __u64);
} proto_packets SEC(".maps");

// Key: IP protocol. One counter for all CPUs, so that a reader needs no sum.
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, PROTOCOLS);
  __type(key, __u32);
  __type(value, __u64);
} proto_bytes SEC(".maps");

SEC("tc")
int protocount(struct __sk_buff* skb) {
  struct saya_headers h = saya_parse((void*)(long)skb->data, (void*)(long)skb->data_end);
  __u32 protocol = h.ip4 || h.ip6 ? h.protocol : NOT_IP;
  __u64* packets = bpf_map_lookup_elem(&proto_packets, &protocol);
  __u64* bytes = bpf_map_lookup_elem(&proto_bytes, &protocol);

  if (packets) ++*packets;
  if (bytes) __sync_fetch_and_add(bytes, skb->len);
  return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
