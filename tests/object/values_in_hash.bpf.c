// Programs in a map that is no prog array.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int look(struct xdp_md* ctx);

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __uint(key_size, sizeof(__u32));
  __array(values, int(void*));
} stages SEC(".maps") = {
    .values = {[0] = (void*)&look},
};

SEC("xdp") int look(struct xdp_md* ctx) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&stages, &key) ? XDP_PASS : XDP_DROP;
}
