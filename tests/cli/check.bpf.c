// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Programs that some targets refuse, for obj-check.cli. The licence is no GPL-compatible one.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

SEC("xdp")
int passes(struct xdp_md* ctx) { return XDP_PASS; }

SEC("xdp")
int prints(struct xdp_md* ctx) {
  __u32 text = 0;
  return bpf_trace_printk((char*)&text, sizeof text) ? XDP_PASS : XDP_DROP;
}

// A helper of tc, twice.
SEC("xdp.frags")
int changes(struct xdp_md* ctx) {
  return bpf_skb_change_type((void*)ctx, 0) && bpf_skb_change_type((void*)ctx, 1) ? XDP_PASS : XDP_DROP;
}

// Nothing says whether this is XDP or tc; what it calls does.
SEC("from-container")
int hashes(struct __sk_buff* skb) {
  bpf_set_hash_invalid(skb);
  return 0;
}

// A helper that saya does not have.
SEC("tc")
int asks(struct __sk_buff* skb) { return (int)bpf_get_current_uid_gid(); }

SEC("kprobe/do_exit")
int watches(void* ctx) { return 0; }

char LICENSE[] SEC("license") = "Proprietary";
