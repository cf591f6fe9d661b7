/* tc programs of the .pkt cases: context fields, packet bytes, checksums, redirects. */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>
#include <stddef.h>

#include "results.h"

#define IP_AT ETH_HLEN
#define IP_CHECK (IP_AT + offsetof(struct iphdr, check))
#define IP_SOURCE (IP_AT + offsetof(struct iphdr, saddr))
#define UDP_AT (IP_AT + sizeof(struct iphdr))
#define UDP_CHECK (UDP_AT + offsetof(struct udphdr, check))
#define TCP_CHECK (UDP_AT + 16)

SEC("tc")
int reads_ctx(struct __sk_buff* skb) {
  result(0, skb->len);
  result(1, skb->pkt_type);
  result(2, skb->mark);
  result(3, skb->queue_mapping);
  result(4, skb->protocol);
  result(5, skb->vlan_present);
  result(6, skb->vlan_tci);
  result(7, skb->vlan_proto);
  result(8, skb->priority);
  result(9, skb->ingress_ifindex);
  result(10, skb->ifindex);
  result(11, skb->tc_index);
  result(12, skb->cb[0]);
  result(13, skb->cb[4]);
  result(14, skb->hash);
  result(15, skb->tc_classid);
  result(16, skb->data_end - skb->data);
  result(17, skb->data - skb->data_meta);
  result(18, skb->napi_id);
  result(19, skb->tstamp);
  result(20, skb->wire_len);
  result(21, skb->gso_segs);
  result(22, skb->gso_size);
  result(23, skb->hwtstamp);
  return TC_ACT_OK;
}

SEC("tc")
int narrow_loads(struct __sk_buff* skb) {
  const volatile __u8* bytes = (const volatile __u8*)skb;
  result(0, bytes[offsetof(struct __sk_buff, mark) + 1]);
  result(1, *(const volatile __u16*)(bytes + offsetof(struct __sk_buff, mark) + 2));
  result(2, bytes[offsetof(struct __sk_buff, cb) + 3]);
  result(3, *(const volatile __u64*)(bytes + offsetof(struct __sk_buff, cb) + 8));
  return TC_ACT_OK;
}

/* volatile: or clang joins two stores into one that the context does not allow. */
SEC("tc")
int writes_ctx(struct __sk_buff* context) {
  volatile struct __sk_buff* skb = context;
  skb->mark = 0x11223344;
  skb->priority = 7;
  skb->cb[0] = 1;
  ((volatile __u8*)&skb->cb[1])[2] = 0xee;
  *(volatile __u64*)&skb->cb[3] = 0x0102030405060708;
  skb->tstamp = 1000;
  skb->tc_index = 0x1ffff;
  skb->tc_classid = 0x10007;
  skb->queue_mapping = 9;
  result(0, skb->tc_index);
  result(1, skb->tc_classid);
  result(2, skb->queue_mapping);
  skb->queue_mapping = 0xffff;
  result(3, skb->queue_mapping);
  return TC_ACT_UNSPEC;
}

SEC("tc")
int loads_bytes(struct __sk_buff* skb) {
  __u64 bytes = -1;
  result(0, 1 + bpf_skb_load_bytes(skb, 0, &bytes, 8));
  result(1, bytes);
  result(2, bpf_skb_load_bytes(skb, skb->len - 4, &bytes, 8));
  result(3, 1 + bytes);
  result(4, bpf_skb_load_bytes(skb, 0xffff, &bytes, 1));
  result(5, bpf_skb_load_bytes(skb, -1, &bytes, 1));
  result(6, 1 + bpf_skb_load_bytes(skb, skb->len - 2, &bytes, 2));
  result(7, bytes);
  return TC_ACT_OK;
}

SEC("tc")
int stores_bytes(struct __sk_buff* skb) {
  __u32 bytes = 0x44332211;
  result(0, 1 + bpf_skb_store_bytes(skb, 2, &bytes, 4, 0));
  result(1, 1 + bpf_skb_store_bytes(skb, skb->len - 3, &bytes, 3, BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH));
  result(2, bpf_skb_store_bytes(skb, skb->len - 3, &bytes, 4, 0));
  result(3, bpf_skb_store_bytes(skb, 0, &bytes, 4, 4));
  result(4, bpf_skb_store_bytes(skb, 0x10000, &bytes, 1, 0));
  return TC_ACT_OK;
}

SEC("tc")
int decrements_ttl(struct __sk_buff* skb) {
  __be16 old = 0, new = 0;
  if (bpf_skb_load_bytes(skb, IP_AT + 8, &old, 2)) return TC_ACT_SHOT;
  new = bpf_htons(bpf_ntohs(old) - 0x100);
  result(0, 1 + bpf_l3_csum_replace(skb, IP_CHECK, old, new, 2));
  result(1, 1 + bpf_skb_store_bytes(skb, IP_AT + 8, &new, 2, 0));
  return TC_ACT_OK;
}

SEC("tc")
int refuses_bad_l3_updates(struct __sk_buff* skb) {
  result(0, bpf_l3_csum_replace(skb, IP_CHECK, 1, 2, 3));
  result(1, bpf_l3_csum_replace(skb, IP_CHECK + 1, 1, 2, 2));
  result(2, bpf_l3_csum_replace(skb, 0x10000, 1, 2, 2));
  result(3, bpf_l3_csum_replace(skb, skb->len, 1, 2, 2));
  result(4, bpf_l3_csum_replace(skb, IP_CHECK, 1, 2, 0x12));
  result(5, bpf_l3_csum_replace(skb, IP_CHECK, 1, 2, 0));
  return TC_ACT_OK;
}

SEC("tc")
int l3_update_by_difference(struct __sk_buff* skb) {
  __be32 old = bpf_htonl(0x0a000001), new = bpf_htonl(0xc0a80105);
  __s64 diff = bpf_csum_diff(&old, 4, &new, 4, 0);
  result(0, diff);
  result(1, 1 + bpf_l3_csum_replace(skb, IP_CHECK, 0, diff, 0));
  result(2, 1 + bpf_skb_store_bytes(skb, IP_SOURCE, &new, 4, 0));
  return TC_ACT_OK;
}

/* Source address and source port of UDP or TCP. */
static __always_inline int rewrite_source(struct __sk_buff* skb, __u32 check, __u64 flags) {
  __be32 old = bpf_htonl(0x0a000001), new = bpf_htonl(0xc0a80105);
  __be16 old_port = bpf_htons(1234), new_port = bpf_htons(4321);
  result(0, 1 + bpf_l4_csum_replace(skb, check, old, new, BPF_F_PSEUDO_HDR | flags | 4));
  result(1, 1 + bpf_l4_csum_replace(skb, check, old_port, new_port, flags | 2));
  result(2, 1 + bpf_l3_csum_replace(skb, IP_CHECK, old, new, 4));
  result(3, 1 + bpf_skb_store_bytes(skb, IP_SOURCE, &new, 4, 0));
  result(4, 1 + bpf_skb_store_bytes(skb, UDP_AT, &new_port, 2, 0));
  return TC_ACT_OK;
}

SEC("tc")
int rewrites_udp_source(struct __sk_buff* skb) { return rewrite_source(skb, UDP_CHECK, BPF_F_MARK_MANGLED_0); }
SEC("tc")
int rewrites_tcp_source(struct __sk_buff* skb) { return rewrite_source(skb, TCP_CHECK, 0); }

SEC("tc")
int l4_updates_at_the_edges(struct __sk_buff* skb) {
  __be32 a = bpf_htonl(0x0a000001), b = bpf_htonl(0x0a000009);
  result(0, bpf_l4_csum_replace(skb, UDP_CHECK, 1, 2, 3));
  result(1, bpf_l4_csum_replace(skb, UDP_CHECK, 1, 2, 0x100 | 2));
  result(2, bpf_l4_csum_replace(skb, UDP_CHECK + 1, 1, 2, 2));
  result(3, bpf_l4_csum_replace(skb, skb->len - 1, 1, 2, 2));
  result(4, bpf_l4_csum_replace(skb, UDP_CHECK, 1, 2, 0));
  result(5, 1 + bpf_l4_csum_replace(skb, UDP_CHECK, 0, bpf_csum_diff(&a, 4, &b, 4, 0), BPF_F_PSEUDO_HDR));
  return TC_ACT_OK;
}

/* A UDP checksum of 0 means "none": MARK_MANGLED_0 leaves it so, MARK_ENFORCE makes one, nothing makes one too. */
SEC("tc")
int keeps_no_checksum(struct __sk_buff* skb) {
  result(0, 1 + bpf_l4_csum_replace(skb, UDP_CHECK, 1, 2, BPF_F_MARK_MANGLED_0 | 2));
  return TC_ACT_OK;
}
SEC("tc")
int enforces_a_checksum(struct __sk_buff* skb) {
  result(0, 1 + bpf_l4_csum_replace(skb, UDP_CHECK, 1, 2, BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | 2));
  return TC_ACT_OK;
}

SEC("tc")
int sums_differences(struct __sk_buff* skb) {
  __be32 a[4] = {0x01020304, 0xffffffff, 0x80008000, 0x12345678};
  __be32 b[4] = {0x0a0b0c0d, 0, 0xfffe0001, 0xdeadbeef};
  result(0, bpf_csum_diff(0, 0, a, 4, 0));
  result(1, bpf_csum_diff(a, 4, 0, 0, 0));
  result(2, bpf_csum_diff(a, 16, b, 16, 0));
  result(3, bpf_csum_diff(a, 8, b, 16, 0x1234));
  result(4, bpf_csum_diff(a, 16, a, 16, 0));
  result(5, bpf_csum_diff(0, 0, b, 16, 0xffffffff));
  result(6, bpf_csum_diff(0, 0, b, 5, 0));
  result(7, bpf_csum_diff(a, 3, b, 7, 0));
  result(8, bpf_csum_diff(0, 0, a, 16, 0xffff));
  result(9, bpf_csum_diff(0, 0, 0, 0, 0x12345));
  return TC_ACT_OK;
}

SEC("tc")
int swaps_addresses_directly(struct __sk_buff* skb) {
  void* data = (void*)(long)skb->data;
  void* end = (void*)(long)skb->data_end;
  struct ethhdr* eth = data;
  __u8 mac[ETH_ALEN];
  if (data + sizeof(*eth) > end) return TC_ACT_SHOT;
  __builtin_memcpy(mac, eth->h_dest, ETH_ALEN);
  __builtin_memcpy(eth->h_dest, eth->h_source, ETH_ALEN);
  __builtin_memcpy(eth->h_source, mac, ETH_ALEN);
  return TC_ACT_OK;
}

SEC("tc")
int pulls(struct __sk_buff* skb) {
  result(0, 1 + bpf_skb_pull_data(skb, 0));
  result(1, 1 + bpf_skb_pull_data(skb, skb->len));
  result(2, bpf_skb_pull_data(skb, skb->len + 1));
  result(3, bpf_csum_update(skb, 5));
  bpf_set_hash_invalid(skb);
  return TC_ACT_OK;
}

SEC("tc")
int redirects_to_egress(struct __sk_buff* skb) { return bpf_redirect(5, 0); }
SEC("tc")
int redirects_to_ingress(struct __sk_buff* skb) { return bpf_redirect(5, BPF_F_INGRESS); }
SEC("tc")
int clones(struct __sk_buff* skb) { return bpf_clone_redirect(skb, 5, 0); }
SEC("tc")
int redirects_with_an_unknown_flag(struct __sk_buff* skb) { return bpf_redirect(5, 2); }

SEC("tc")
int returns_mark(struct __sk_buff* skb) { return skb->mark; }
