// Elements of maps with BTF: what rows of instructions cannot describe.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, __u32);
  __type(value, __u64);
  __uint(max_entries, 2);
} counts SEC(".maps");

SEC("tc")
int map_update_elem__counts(struct __sk_buff* skb) {
  __u32 key = skb->len % 2;
  __u64 one = 1;
  __u64* count = bpf_map_lookup_elem(&counts, &key);
  if (!count) return (int)bpf_map_update_elem(&counts, &key, &one, BPF_NOEXIST);
  *count += 1;
  return (int)*count;
}

SEC("tc")
int map_update_elem__EEXIST(struct __sk_buff* skb) {
  __u32 key = 7;
  __u64 value = skb->len;
  bpf_map_delete_elem(&counts, &key);
  key = 0;
  bpf_map_update_elem(&counts, &key, &value, BPF_ANY);
  return (int)bpf_map_update_elem(&counts, &key, &value, BPF_NOEXIST);
}

char _license[] SEC("license") = "GPL";
