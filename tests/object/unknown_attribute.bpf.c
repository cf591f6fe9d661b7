// A map with an attribute that nobody knows.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(colour, 4);
} painted SEC(".maps");

SEC("xdp")
int look(struct xdp_md* ctx) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&painted, &key) ? XDP_PASS : XDP_DROP;
}
