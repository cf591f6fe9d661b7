// Programs whose steps are data: each element of `steps` is one helper with its arguments, and `answers` gets what it
// returned and what the context showed then.
#include <linux/bpf.h>
#include <linux/pkt_cls.h>

#include <bpf/bpf_helpers.h>

#define STEPS 12
#define BYTES 40

struct step {
  __u32 code;
  __u32 size;
  __u64 a, b, c, d;
  __u8 bytes[BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, STEPS);
  __type(key, __u32);
  __type(value, struct step);
} steps SEC(".maps");

struct answer {
  __s64 r0;
  __u32 length, linear, meta, protocol, vlan, vlan_present, vlan_proto, type;
  __u8 bytes[BYTES];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, STEPS);
  __type(key, __u32);
  __type(value, struct answer);
} answers SEC(".maps");

/// 1 to BYTES.
static __always_inline __u32 size_of(const struct step* s) {
  __u32 size = s->size;
  if (size < 1 || size > BYTES) size = 4;
  asm volatile("" : "+r"(size));
  return size < 1 || size > BYTES ? 4 : size;
}

static __noinline long csum_diff(const struct step* s, struct answer* to) {
  if (!s || !to) return 0;
  __u32 from_size = s->a & 28, to_size = s->b & 28;
  return bpf_csum_diff((void*)s->bytes, from_size, (void*)(s->bytes + 8), to_size, (__u32)s->c);
}

static __noinline long ctx_of_skb(struct __sk_buff* skb, const struct step* s) {
  if (!s) return 0;
  switch (s->a) {
    case 0: skb->mark = (__u32)s->b; break;
    case 1: skb->priority = (__u32)s->b; break;
    case 2: skb->tc_index = (__u32)s->b; break;
    case 3: skb->cb[0] = (__u32)s->b; break;
    case 4: skb->cb[4] = (__u32)s->b; break;
    case 5: skb->tc_classid = (__u32)s->b; break;
    case 6: skb->queue_mapping = (__u16)s->b; break;
    case 7: skb->tstamp = s->b; break;
    case 8: return skb->mark + skb->priority + skb->cb[0] + skb->cb[4];
    case 9: return skb->tc_index + ((__u64)skb->tc_classid << 16) + ((__u64)skb->queue_mapping << 40);
    case 10: return skb->gso_segs + ((__u64)skb->gso_size << 16) + ((__u64)skb->wire_len << 32);
    case 11: return skb->tstamp_type + ((__u64)skb->napi_id << 8);
    case 12: return skb->ifindex + ((__u64)skb->ingress_ifindex << 16);
    default: return -1;
  }
  return 0;
}

/// Writes and reads through packet pointers.
static __noinline long direct(struct __sk_buff* skb, const struct step* s) {
  if (!s) return 0;
  __u8* data = (void*)(long)skb->data;
  const __u8* end = (void*)(long)skb->data_end;
  __u32 at = s->a & 127;
  if (data + at + 4 > end) return -1;
  const __u32 before = *(__u32*)(data + at);
  if (s->b & 1) *(__u32*)(data + at) = (__u32)s->c;
  return before;
}

static __noinline long tunnel(struct __sk_buff* skb, const struct step* s, struct answer* to) {
  if (!s || !to) return 0;
  struct bpf_tunnel_key key = {};
  if (s->a & 1) {
    key.tunnel_id = (__u32)s->b;
    key.remote_ipv4 = (__u32)s->c;
    key.tunnel_ttl = (__u8)s->d;
    return bpf_skb_set_tunnel_key(skb, &key, sizeof key, s->a >> 1 & 31);
  }
  const long r = bpf_skb_get_tunnel_key(skb, &key, sizeof key, s->a >> 1 & 1);
  return r ? r : key.tunnel_id + ((__u64)key.remote_ipv4 << 32);
}

static __noinline long step_of_skb(struct __sk_buff* skb, const struct step* s, struct answer* to) {
  if (!s || !to) return 0;
  switch (s->code) {
    case 0: return bpf_skb_store_bytes(skb, (__u32)s->a, s->bytes, size_of(s), s->b);
    case 1: return bpf_skb_load_bytes(skb, (__u32)s->a, to->bytes, size_of(s));
    case 2: return bpf_l3_csum_replace(skb, (__u32)s->a, s->b, s->c, s->d);
    case 3: return bpf_l4_csum_replace(skb, (__u32)s->a, s->b, s->c, s->d);
    case 4: return bpf_skb_change_proto(skb, (__u16)s->a, s->b);
    case 5: return bpf_skb_change_type(skb, (__u32)s->a);
    case 6: return bpf_skb_adjust_room(skb, (__s32)s->a, (__u32)s->b, s->c);
    case 7: return bpf_skb_change_tail(skb, (__u32)s->a, s->b);
    case 8: return bpf_skb_change_head(skb, (__u32)s->a, s->b);
    case 9: return bpf_skb_vlan_push(skb, (__u16)s->a, (__u16)s->b);
    case 10: return bpf_skb_vlan_pop(skb);
    case 11: return bpf_skb_pull_data(skb, (__u32)s->a);
    case 12: return bpf_csum_update(skb, (__u32)s->a);
    case 13: return bpf_csum_level(skb, s->a);
    case 14: return bpf_skb_ecn_set_ce(skb);
    case 15: return bpf_skb_load_bytes_relative(skb, (__u32)s->a, to->bytes, size_of(s), (__u32)s->b);
    case 16: return csum_diff(s, to);
    case 17: return ctx_of_skb(skb, s);
    case 18: return direct(skb, s);
    case 19: return tunnel(skb, s, to);
    case 20: return bpf_skb_set_tstamp(skb, s->a, (__u32)s->b);
    case 21: {
      __u32 mtu = (__u32)s->a;
      const long r = bpf_check_mtu(skb, (__u32)s->b, &mtu, (__s32)s->c, s->d);
      return r + ((__u64)mtu << 32);
    }
    case 22: return bpf_redirect((__u32)s->a, s->b);
    case 23: bpf_set_hash_invalid(skb); return 0;
    case 24: return bpf_set_hash(skb, (__u32)s->a);
    default: return -1000;
  }
}

SEC("tc") int steps_of_skb(struct __sk_buff* skb) {
  for (__u32 i = 0; i < STEPS; ++i) {
    const __u32 slot = i;
    const struct step* s = bpf_map_lookup_elem(&steps, &slot);
    struct answer* to = bpf_map_lookup_elem(&answers, &slot);
    if (!s || !to) return TC_ACT_SHOT;
    to->r0 = step_of_skb(skb, s, to);
    to->length = skb->len;
    to->linear = (__u32)((long)skb->data_end - (long)skb->data);
    to->protocol = skb->protocol;
    to->vlan_present = skb->vlan_present;
    to->vlan = skb->vlan_tci;
    to->vlan_proto = skb->vlan_proto;
    to->type = skb->pkt_type;
  }
  return TC_ACT_OK;
}

static __noinline long direct_xdp(struct xdp_md* xdp, const struct step* s) {
  if (!s) return 0;
  __u8* data = (void*)(long)xdp->data;
  const __u8* end = (void*)(long)xdp->data_end;
  __u32 at = s->a & 127;
  if (data + at + 4 > end) return -1;
  const __u32 before = *(__u32*)(data + at);
  if (s->b & 1) *(__u32*)(data + at) = (__u32)s->c;
  return before;
}

static __noinline long meta_xdp(struct xdp_md* xdp, const struct step* s) {
  if (!s) return 0;
  __u8* meta = (void*)(long)xdp->data_meta;
  const __u8* data = (void*)(long)xdp->data;
  if (meta + 4 > data) return -1;
  const __u32 before = *(__u32*)meta;
  *(__u32*)meta = (__u32)s->c;
  return before;
}

static __noinline long step_of_xdp(struct xdp_md* xdp, const struct step* s, struct answer* to) {
  if (!s || !to) return 0;
  switch (s->code) {
    case 0: return bpf_xdp_store_bytes(xdp, (__u32)s->a, (void*)s->bytes, size_of(s));
    case 1: return bpf_xdp_load_bytes(xdp, (__u32)s->a, to->bytes, size_of(s));
    case 2: return bpf_xdp_adjust_head(xdp, (int)s->a);
    case 3: return bpf_xdp_adjust_tail(xdp, (int)s->a);
    case 4: return bpf_xdp_adjust_meta(xdp, (int)s->a);
    case 5: return (long)bpf_xdp_get_buff_len(xdp);
    case 6: return csum_diff(s, to);
    case 7: return direct_xdp(xdp, s);
    case 8: return meta_xdp(xdp, s);
    case 9: {
      __u32 mtu = (__u32)s->a;
      const long r = bpf_check_mtu(xdp, (__u32)s->b, &mtu, (__s32)s->c, s->d);
      return r + ((__u64)mtu << 32);
    }
    case 10: return bpf_redirect((__u32)s->a, s->b);
    case 11: return xdp->ingress_ifindex + ((__u64)xdp->rx_queue_index << 32);
    default: return -1000;
  }
}

static __always_inline int walk_xdp(struct xdp_md* xdp) {
  for (__u32 i = 0; i < STEPS; ++i) {
    const __u32 slot = i;
    const struct step* s = bpf_map_lookup_elem(&steps, &slot);
    struct answer* to = bpf_map_lookup_elem(&answers, &slot);
    if (!s || !to) return XDP_ABORTED;
    to->r0 = step_of_xdp(xdp, s, to);
    to->length = (__u32)bpf_xdp_get_buff_len(xdp);
    to->linear = (__u32)((long)xdp->data_end - (long)xdp->data);
    to->meta = (__u32)((long)xdp->data - (long)xdp->data_meta);
  }
  return XDP_PASS;
}

SEC("xdp") int steps_of_xdp(struct xdp_md* xdp) { return walk_xdp(xdp); }
SEC("xdp.frags") int steps_of_xdp_frags(struct xdp_md* xdp) { return walk_xdp(xdp); }

char _license[] SEC("license") = "GPL";
