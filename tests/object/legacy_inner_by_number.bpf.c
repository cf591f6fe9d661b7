// Templates of maps of maps by their number in the section, as the kernel's samples had it.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_map_def {
  __u32 type, key_size, value_size, max_entries, map_flags, inner_map_idx, numa_node;
};

struct bpf_map_def SEC("maps") ports = {BPF_MAP_TYPE_ARRAY, 4, 4, 7};
struct bpf_map_def SEC("maps") by_number = {BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 2, 0, 0};

SEC("xdp") int look(struct xdp_md* ctx) {
  __u32 zero = 0;
  void* inner = bpf_map_lookup_elem(&by_number, &zero);
  return inner && bpf_map_lookup_elem(inner, &zero) ? XDP_PASS : XDP_DROP;
}
