// Structs of different sizes in one section.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u32 type, key_size, value_size, max_entries;
} four SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 4, 1};
struct {
  __u32 type, key_size, value_size, max_entries, map_flags, id;
} six SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0, 1};

SEC("classifier") int look(struct __sk_buff* skb) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&four, &key) || bpf_map_lookup_elem(&six, &key);
}
