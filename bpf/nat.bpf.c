// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Stateless 1:1 NAT of an IPv4 prefix, as `iptables -j NETMAP` does it: on egress an inside source address becomes the
// outside address with the same host part, on ingress the destination becomes the inside address again.
// Attach nat_egress and nat_ingress to the two sides of the same interface.
#include <linux/pkt_cls.h>

#include "saya/parse.h"

// Network byte order. A zero mask in the map means the default: 10.77.0.0/24 <-> 198.51.100.0/24.
struct nat_prefix {
  __be32 inside;
  __be32 outside;
  __be32 mask;
};

#define ICMP_DEST_UNREACHABLE 3
#define ICMP_TIME_EXCEEDED 11
#define ICMP_PARAMETER_PROBLEM 12

#define DEFAULT_INSIDE bpf_htonl(0x0a4d0000)
#define DEFAULT_OUTSIDE bpf_htonl(0xc6336400)
#define DEFAULT_MASK bpf_htonl(0xffffff00)

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct nat_prefix);
} nat_prefix SEC(".maps");

enum nat_event { OUTBOUND, INBOUND, INBOUND_ERROR, NOT_OURS, FAILED, NAT_EVENTS };

// Key: enum nat_event. Value: packets.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, NAT_EVENTS);
  __type(key, __u32);
  __type(value, __u64);
} nat_stats SEC(".maps");

// One address to rewrite. Offsets count from the start of the frame; no packet pointer survives a helper that writes.
struct rewrite {
  __be32 from;
  __be32 to;
  __u32 address_offset;
  __u32 ip_checksum_offset;
  __u32 transport_checksum_offset;  // 0: nothing behind the IP header covers its addresses.
  __u64 transport_flags;
};

static __always_inline int count(__u32 event) {
  __u64* packets = bpf_map_lookup_elem(&nat_stats, &event);

  if (packets) ++*packets;
  return TC_ACT_UNSPEC;
}

static __always_inline struct nat_prefix configured_prefix(void) {
  __u32 zero = 0;
  struct nat_prefix* prefix = bpf_map_lookup_elem(&nat_prefix, &zero);

  if (prefix && prefix->mask) return *prefix;
  return (struct nat_prefix){DEFAULT_INSIDE, DEFAULT_OUTSIDE, DEFAULT_MASK};
}

// Moves `address` from one prefix to the other. Returns it unchanged when it is outside of `from`.
static __always_inline __be32 renumber(__be32 address, __be32 from, __be32 to, __be32 mask) {
  return (address & mask) == from ? to | (address & ~mask) : address;
}

// TCP and UDP cover the addresses by their pseudo header, ICMP does not (RFC 792).
static __always_inline void locate_transport_checksum(const struct saya_headers* h, void* data, struct rewrite* r) {
  if (h->tcp) {
    r->transport_checksum_offset = (__u32)((void*)&h->tcp->check - data);
    r->transport_flags = BPF_F_PSEUDO_HDR;
  } else if (h->udp) {
    r->transport_checksum_offset = (__u32)((void*)&h->udp->check - data);
    r->transport_flags = BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0;
  }
}

// Returns 0, or the first helper's error. The sums go first: they need the old address only as a value.
static __always_inline int apply(struct __sk_buff* skb, const struct rewrite* r) {
  int error = 0;

  if (r->transport_checksum_offset)
    error =
        bpf_l4_csum_replace(skb, r->transport_checksum_offset, r->from, r->to, r->transport_flags | sizeof(r->from));
  if (!error) error = bpf_l3_csum_replace(skb, r->ip_checksum_offset, r->from, r->to, sizeof(r->from));
  if (!error) error = bpf_skb_store_bytes(skb, r->address_offset, &r->to, sizeof(r->to), 0);
  return error;
}

static __always_inline int is_icmp_error(const struct saya_headers* h) {
  if (!h->ip4 || !h->icmp || h->protocol != IPPROTO_ICMP) return 0;
  return h->icmp->type == ICMP_DEST_UNREACHABLE || h->icmp->type == ICMP_TIME_EXCEEDED ||
         h->icmp->type == ICMP_PARAMETER_PROBLEM;
}

// An ICMP error quotes the packet that caused it, with the outside source address: the host inside would not know it.
// The ICMP checksum stays right by itself: the quoted address and the quoted header checksum change by opposite sums.
static __always_inline int restore_quoted_source(struct __sk_buff* skb, __u32 quoted, const struct nat_prefix* prefix) {
  struct rewrite r = {.address_offset = quoted + offsetof(struct iphdr, saddr),
                      .ip_checksum_offset = quoted + offsetof(struct iphdr, check)};

  if (bpf_skb_load_bytes(skb, r.address_offset, &r.from, sizeof(r.from))) return 0;  // Quotes too little: leave it.
  r.to = renumber(r.from, prefix->outside, prefix->inside, prefix->mask);
  return r.to == r.from ? 0 : apply(skb, &r);
}

SEC("tc")
int nat_egress(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  struct saya_headers h = saya_parse(data, (void*)(long)skb->data_end);
  struct nat_prefix prefix = configured_prefix();
  struct rewrite r = {};

  if (!h.ip4) return count(NOT_OURS);
  r.from = h.ip4->saddr;
  r.to = renumber(r.from, prefix.inside, prefix.outside, prefix.mask);
  if (r.to == r.from) return count(NOT_OURS);
  r.address_offset = (__u32)((void*)&h.ip4->saddr - data);
  r.ip_checksum_offset = (__u32)((void*)&h.ip4->check - data);
  locate_transport_checksum(&h, data, &r);
  if (!apply(skb, &r)) return count(OUTBOUND);
  count(FAILED);
  return TC_ACT_SHOT;  // A half-translated packet must not leave.
}

SEC("tc")
int nat_ingress(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  struct saya_headers h = saya_parse(data, (void*)(long)skb->data_end);
  struct nat_prefix prefix = configured_prefix();
  struct rewrite r = {};
  __u32 quoted = 0;

  if (!h.ip4) return count(NOT_OURS);
  r.from = h.ip4->daddr;
  r.to = renumber(r.from, prefix.outside, prefix.inside, prefix.mask);
  if (r.to == r.from) return count(NOT_OURS);
  r.address_offset = (__u32)((void*)&h.ip4->daddr - data);
  r.ip_checksum_offset = (__u32)((void*)&h.ip4->check - data);
  locate_transport_checksum(&h, data, &r);
  if (is_icmp_error(&h)) quoted = (__u32)((void*)(h.icmp + 1) - data);
  if (!apply(skb, &r) && (!quoted || !restore_quoted_source(skb, quoted, &prefix)))
    return count(quoted ? INBOUND_ERROR : INBOUND);
  count(FAILED);
  return TC_ACT_SHOT;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
