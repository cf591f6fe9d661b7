// Templates of maps of maps by a pointer, and a path to pin to, as goebpf has it.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_map_def {
  __u32 map_type, key_size, value_size, max_entries, map_flags;
  void* inner_map_def;
  const char* persistent_path;
};

struct bpf_map_def SEC("maps") unused = {
    .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};
struct bpf_map_def SEC("maps") pattern = {
    .map_type = BPF_MAP_TYPE_HASH, .key_size = 8, .value_size = 4, .max_entries = 7};
struct bpf_map_def SEC("maps") by_pointer = {.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
                                             .key_size = 4,
                                             .value_size = 4,
                                             .max_entries = 2,
                                             .inner_map_def = &pattern,
                                             .persistent_path = "/sys/fs/bpf/by_pointer"};

SEC("xdp") int look(struct xdp_md* ctx) {
  __u64 zero = 0;
  void* inner = bpf_map_lookup_elem(&by_pointer, &zero);
  return inner && bpf_map_lookup_elem(inner, &zero) ? XDP_PASS : XDP_DROP;
}
