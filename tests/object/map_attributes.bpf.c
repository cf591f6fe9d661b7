// Every attribute of a BTF map, and the ways to write one.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum { kPinReplace = 16, kPinElsewhere = 42, kArena = 33 };

struct pair {
  __u64 a, b;
};

typedef struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 3);
  __uint(key_size, 4);
  __uint(value_size, 8);
} plain;
typedef plain aliased;

aliased through_a_typedef SEC(".maps");
__weak plain weak_map SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 3);
  __uint(map_flags, BPF_F_NUMA_NODE);
  __uint(numa_node, 2);
  __type(key, __u32);
  __uint(key_size, sizeof(__u32));
  __type(value, struct pair);
} on_a_node SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
  __uint(max_entries, 1000);
  __uint(map_extra, 3);
  __type(value, __u32);
} bloom SEC(".maps");

struct {
  __uint(type, kArena);
  __uint(map_flags, BPF_F_MMAPABLE);
  __uint(max_entries, 10);
  enum { address_of_arena = 0x123400000000 } map_extra;
} arena SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 5000);
} rounded_up SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} events SEC(".maps");

#define PINNED(name, how)             \
  struct {                            \
    __uint(type, BPF_MAP_TYPE_ARRAY); \
    __type(key, __u32);               \
    __type(value, __u32);             \
    __uint(max_entries, 1);           \
    __uint(pinning, how);             \
  } name SEC(".maps")
PINNED(not_pinned, 0);
PINNED(by_name, LIBBPF_PIN_BY_NAME);
PINNED(global, 2);
PINNED(replaced, kPinReplace);
PINNED(elsewhere, kPinElsewhere);

struct {
  __u32 type;
  __u32 max_entries;
  __u32* key;
  __u64* value;
} by_value SEC(".maps") = {.type = BPF_MAP_TYPE_LRU_HASH, .max_entries = 77};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u32);
  __uint(max_elem, 5);
  __uint(flags, 1);
} other_names SEC(".maps");

SEC("xdp")
int look(struct xdp_md* ctx) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&on_a_node, &key) || bpf_map_lookup_elem(&weak_map, &key) ? XDP_PASS : XDP_DROP;
}
