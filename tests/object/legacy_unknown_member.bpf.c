// A definition that says something nobody knows.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u32 type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx, colour;
} painted SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 4, 1, .id = 1, .colour = 3};

SEC("classifier") int look(struct __sk_buff* skb) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&painted, &key) ? 0 : 2;
}
