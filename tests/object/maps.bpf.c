// Every way to declare a map that the loader takes: by type, by size, with flags.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct key {
  __u32 address;
  __u16 port;
  __u16 zero;
};
typedef const struct key key_alias;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
} counters SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, key_alias);
  __type(value, __u64[3]);
} flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 8);
  __uint(key_size, 4);
  __uint(value_size, sizeof(__u32));
} jumps SEC(".maps");

SEC("xdp")
int count(struct xdp_md* ctx) {
  __u32 index = 1;
  __u64* counter = bpf_map_lookup_elem(&counters, &index);
  if (counter) *counter += 1;
  struct key key = {.address = 1};
  if (bpf_map_lookup_elem(&flows, &key)) return XDP_DROP;
  bpf_tail_call(ctx, &jumps, 3);
  return counter ? XDP_PASS : XDP_ABORTED;
}

SEC("tc")
int look(struct __sk_buff* skb) {
  struct key key = {.address = skb->mark};
  return bpf_map_lookup_elem(&flows, &key) ? 2 : 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
