// A map as it was declared before BTF.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __u32 type, key_size, value_size, max_entries, map_flags;
} old SEC("maps") = {BPF_MAP_TYPE_ARRAY, 4, 4, 1, 0};

SEC("classifier")
int look(struct __sk_buff* skb) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&old, &key) ? 0 : 2;
}
