// Templates of inner maps, and maps that others hold from the beginning.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct inner {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, __u32);
  __type(value, __u64);
};
struct inner odd SEC(".maps");
static struct inner even SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 4);
  __type(key, __u32);
  __array(values, struct inner);
} by_parity SEC(".maps") = {
    .values = {[1] = (void*)&odd, [2] = (void*)&even}
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 4);
  __array(
      values, struct {
        __uint(type, BPF_MAP_TYPE_ARRAY);
        __uint(max_entries, 2);
        __uint(key_size, 4);
        __uint(value_size, 12);
      });
} empty SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
  __uint(max_entries, 2);
  __type(key, __u32);
  __array(values, struct inner);
} by_key SEC(".maps") = {.values = {[9] = (void*)&odd}};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 4);
} without_template SEC(".maps");

SEC("xdp") int look(struct xdp_md* ctx) {
  __u32 key = 1;
  void* inner = bpf_map_lookup_elem(&by_parity, &key);
  return inner && bpf_map_lookup_elem(inner, &key) ? XDP_PASS : XDP_DROP;
}
