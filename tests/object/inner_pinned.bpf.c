// A template of inner maps cannot be pinned.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
  __uint(max_entries, 2);
  __type(key, __u32);
  __array(
      values, struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(pinning, LIBBPF_PIN_BY_NAME);
      });
} outer SEC(".maps");

SEC("xdp") int look(struct xdp_md* ctx) {
  __u32 key = 1;
  return bpf_map_lookup_elem(&outer, &key) ? XDP_PASS : XDP_DROP;
}
