// What a map says of itself through its pointer: struct bpf_map.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_map {
  enum bpf_map_type map_type;
  __u32 key_size;
  __u32 value_size;
  __u32 max_entries;
  __u64 map_extra;
  __u32 map_flags;
  __u32 id;
  int numa_node;
  __u32 btf_key_type_id;
  __u32 btf_value_type_id;
  char name[BPF_OBJ_NAME_LEN];
  _Bool frozen;
} __attribute__((preserve_access_index));

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, __u64);
  __type(value, char[12]);
  __uint(max_entries, 77);
  __uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);
} flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
  __type(value, __u32);
  __uint(max_entries, 9);
  __uint(map_extra, 3);
} a_name_that_is_cut SEC(".maps");

const volatile __u32 constant = 1;

struct said {
  __u32 type, key, value, entries, flags, has_id;
  __u64 extra;
  int numa;
  __u32 key_type, value_type;
  char name[BPF_OBJ_NAME_LEN];
  __u32 frozen;
};
struct said said;

static __always_inline int tell(struct bpf_map* map) {
  said.type = map->map_type;
  said.key = map->key_size;
  said.value = map->value_size;
  said.entries = map->max_entries;
  said.extra = map->map_extra;
  said.flags = map->map_flags;
  said.has_id = map->id != 0;
  said.numa = map->numa_node;
  said.key_type = map->btf_key_type_id;
  said.value_type = map->btf_value_type_id;
  said.name[0] = map->name[0];
  said.name[5] = map->name[5];
  said.name[14] = map->name[14];
  said.name[15] = map->name[15];
  said.frozen = map->frozen;
  return (int)map->max_entries;
}

SEC("tc")
int map_pointer__of_a_hash(struct __sk_buff* skb) { return tell((struct bpf_map*)&flows); }

SEC("xdp")
int map_pointer__of_a_filter(struct xdp_md* ctx) { return tell((struct bpf_map*)&a_name_that_is_cut); }

/// A byte, half of a number, and a number with a sign.
SEC("tc")
int map_pointer__in_parts(struct __sk_buff* skb) {
  struct bpf_map* map = (struct bpf_map*)&flows;
  const volatile signed int* node = &map->numa_node;
  return map->name[1] + (*node < 0 ? 1000 : 0);
}

char _license[] SEC("license") = "GPL";
