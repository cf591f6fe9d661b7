// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Bounds-checked views of a frame's headers, for XDP and tc programs alike: Ethernet, up to two VLAN tags,
// IPv4 with options, IPv6 without extension headers, and TCP, UDP or ICMP. All fields stay in network byte order.
#pragma once

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define SAYA_MAX_VLAN_TAGS 2
#define SAYA_IP_OFFSET 0x1fff  // Fragment offset: when it is not 0, no transport header follows.

/// The unread rest of a frame.
struct saya_cursor {
  void* at;
  void* end;
};

struct saya_vlan_tag {
  __be16 tci;
  __be16 encapsulated;
};

/// RFC 792 and RFC 4443. <linux/icmp.h> would bring the C library's 32-bit headers along.
struct saya_icmp {
  __u8 type;
  __u8 code;
  __sum16 checksum;
  __be32 rest;
};

/// What saya_parse() found. A pointer is null when the frame has no such header, or not all of it.
struct saya_headers {
  struct ethhdr* eth;
  struct iphdr* ip4;
  struct ipv6hdr* ip6;
  void* transport;  // First byte behind the IP header; null in a later fragment.
  struct tcphdr* tcp;
  struct udphdr* udp;
  struct saya_icmp* icmp;  // ICMPv4 or ICMPv6.
  __be16 ethertype;        // Behind the VLAN tags.
  __u8 protocol;           // IP protocol; meaningful when ip4 or ip6 is set.
};

/// Steps over `size` bytes. Returns where they start, or null when the frame ends before they do.
static __always_inline void* saya_take(struct saya_cursor* cursor, __u32 size) {
  void* start = cursor->at;

  if (start + size > cursor->end) return NULL;
  cursor->at = start + size;
  return start;
}

static __always_inline int saya_is_vlan(__be16 ethertype) {
  return ethertype == bpf_htons(ETH_P_8021Q) || ethertype == bpf_htons(ETH_P_8021AD);
}

/// Returns the ethertype behind the tags; still a VLAN type when there are too many or they are cut off.
static __always_inline __be16 saya_skip_vlan_tags(struct saya_cursor* cursor, __be16 ethertype) {
#pragma unroll
  for (int i = 0; i < SAYA_MAX_VLAN_TAGS; i++) {
    struct saya_vlan_tag* tag;

    if (!saya_is_vlan(ethertype)) break;
    tag = saya_take(cursor, sizeof(*tag));
    if (!tag) break;
    ethertype = tag->encapsulated;
  }
  return ethertype;
}

static __always_inline void saya_parse_ip4(struct saya_cursor* cursor, struct saya_headers* h) {
  struct saya_cursor whole = *cursor;
  struct iphdr* ip = saya_take(cursor, sizeof(*ip));

  if (!ip || ip->version != 4 || ip->ihl < 5) return;
  // Step from the start again: ihl * 4 has an upper bound that the verifier sees, ihl * 4 - 20 has none.
  if (!saya_take(&whole, ip->ihl * 4)) return;
  *cursor = whole;
  h->ip4 = ip;
  h->protocol = ip->protocol;
  if (!(ip->frag_off & bpf_htons(SAYA_IP_OFFSET))) h->transport = cursor->at;
}

static __always_inline void saya_parse_ip6(struct saya_cursor* cursor, struct saya_headers* h) {
  struct ipv6hdr* ip = saya_take(cursor, sizeof(*ip));

  if (!ip || ip->version != 6) return;
  h->ip6 = ip;
  h->protocol = ip->nexthdr;
  h->transport = cursor->at;
}

static __always_inline void saya_parse_transport(struct saya_cursor* cursor, struct saya_headers* h) {
  switch (h->protocol) {
    case IPPROTO_TCP: h->tcp = saya_take(cursor, sizeof(*h->tcp)); break;
    case IPPROTO_UDP: h->udp = saya_take(cursor, sizeof(*h->udp)); break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6: h->icmp = saya_take(cursor, sizeof(*h->icmp)); break;
  }
}

/// Reads the frame in [data, data_end). Never fails: what is missing or malformed stays null.
/// IPv6 extension headers are not followed: `protocol` is then the first one's number.
static __always_inline struct saya_headers saya_parse(void* data, void* data_end) {
  struct saya_cursor cursor = {.at = data, .end = data_end};
  struct saya_headers h = {};

  h.eth = saya_take(&cursor, sizeof(*h.eth));
  if (!h.eth) return h;
  h.ethertype = saya_skip_vlan_tags(&cursor, h.eth->h_proto);
  if (h.ethertype == bpf_htons(ETH_P_IP))
    saya_parse_ip4(&cursor, &h);
  else if (h.ethertype == bpf_htons(ETH_P_IPV6))
    saya_parse_ip6(&cursor, &h);
  if (h.transport) saya_parse_transport(&cursor, &h);
  return h;
}

/// An IP address of either family: IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2).
struct saya_address {
  __be32 word[4];
};

/// Identifies a flow in one direction. Fits a map key: no padding is left uninitialised.
struct saya_flow {
  struct saya_address source;
  struct saya_address destination;
  __be16 source_port;  // 0 for protocols without ports.
  __be16 destination_port;
  __u8 protocol;
  __u8 zero[3];
};

static __always_inline struct saya_address saya_mapped_ip4(__be32 address) {
  return (struct saya_address){
      {0, 0, bpf_htonl(0xffff), address}
  };
}

/// Returns 0, or -1 when the frame is not IP.
static __always_inline int saya_flow_of(const struct saya_headers* h, struct saya_flow* flow) {
  __builtin_memset(flow, 0, sizeof(*flow));
  if (h->ip4) {
    flow->source = saya_mapped_ip4(h->ip4->saddr);
    flow->destination = saya_mapped_ip4(h->ip4->daddr);
  } else if (h->ip6) {
    __builtin_memcpy(&flow->source, &h->ip6->saddr, sizeof(flow->source));
    __builtin_memcpy(&flow->destination, &h->ip6->daddr, sizeof(flow->destination));
  } else {
    return -1;
  }
  flow->protocol = h->protocol;
  if (h->tcp) {
    flow->source_port = h->tcp->source;
    flow->destination_port = h->tcp->dest;
  } else if (h->udp) {
    flow->source_port = h->udp->source;
    flow->destination_port = h->udp->dest;
  }
  return 0;
}
