// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Stands in for VLAN devices while tools/record_captures.sh records: tags what leaves, untags what arrives.
// The tap of tcpdump sits between the two, so a capture shows the tags.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define CUSTOMER_VLAN 20
#define PROVIDER_VLAN 100
#define PRIORITY_5 (5 << 13)

static __always_inline int is_icmp(struct __sk_buff* skb) {
  struct iphdr* ip = (void*)(long)skb->data + sizeof(struct ethhdr);

  if ((void*)(ip + 1) > (void*)(long)skb->data_end) return 0;
  return skb->protocol == bpf_htons(ETH_P_IP) && ip->protocol == IPPROTO_ICMP;
}

// ICMP leaves with a provider tag (802.1ad) in front of the customer tag, all else with the customer tag alone.
SEC("tc")
int push_tags(struct __sk_buff* skb) {
  int twice = is_icmp(skb);

  if (bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), CUSTOMER_VLAN | PRIORITY_5)) return TC_ACT_SHOT;
  if (twice && bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021AD), PROVIDER_VLAN)) return TC_ACT_SHOT;
  return TC_ACT_OK;
}

SEC("tc")
int pop_tags(struct __sk_buff* skb) {
  if (bpf_skb_vlan_pop(skb) || bpf_skb_vlan_pop(skb)) return TC_ACT_SHOT;
  // The tag that nobody here owns made the frame somebody else's: take it back.
  return bpf_skb_change_type(skb, 0 /* PACKET_HOST */) ? TC_ACT_SHOT : TC_ACT_OK;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
