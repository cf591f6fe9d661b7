// A map that another object defines.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct there {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u32);
};
struct there here SEC(".maps");
extern struct there elsewhere SEC(".maps");

SEC("xdp") int look(struct xdp_md* ctx) {
  __u32 key = 1;
  return bpf_map_lookup_elem(&elsewhere, &key) ? XDP_PASS : XDP_DROP;
}
