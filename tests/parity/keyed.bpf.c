// Elements of hash maps, tries and arrays through walks, other CPUs' values, and values with fields.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define MAP(name, kind, key_type, value_type, entries, flags) \
  struct {                                                    \
    __uint(type, kind);                                       \
    __type(key, key_type);                                    \
    __type(value, value_type);                                \
    __uint(max_entries, entries);                             \
    __uint(map_flags, flags);                                 \
  } name SEC(".maps")

struct locked {
  struct bpf_spin_lock lock;
  __u32 small;
  __u64 large;
};

struct prefix {
  __u32 length;
  __u8 bytes[16];
};

MAP(array, BPF_MAP_TYPE_ARRAY, __u32, __u64, 8, 0);
MAP(slots, BPF_MAP_TYPE_PERCPU_ARRAY, __u32, __u64, 4, 0);
MAP(hash, BPF_MAP_TYPE_HASH, __u64, __u64, 16, 0);
MAP(values, BPF_MAP_TYPE_PERCPU_HASH, __u32, __u64, 4, 0);
MAP(recent, BPF_MAP_TYPE_LRU_HASH, __u32, __u32, 4, 0);
MAP(shared, BPF_MAP_TYPE_LRU_HASH, __u32, __u32, 40, BPF_F_NO_COMMON_LRU);
MAP(large, BPF_MAP_TYPE_LRU_HASH, __u32, __u32, 300, 0);
MAP(recent_values, BPF_MAP_TYPE_LRU_PERCPU_HASH, __u32, __u64, 16, 0);
MAP(trie, BPF_MAP_TYPE_LPM_TRIE, struct prefix, __u32, 32, BPF_F_NO_PREALLOC);
MAP(locks, BPF_MAP_TYPE_HASH, __u32, struct locked, 4, 0);
MAP(lock_slots, BPF_MAP_TYPE_ARRAY, __u32, struct locked, 4, 0);

struct sum {
  __u64 keys;
  __u64 values;
  __u64 until;
};

static long add(void* map, __u32* key, __u64* value, struct sum* sum) {
  sum->keys += *key;
  sum->values += *value;
  return sum->keys >= sum->until;
}

static long add_long(void* map, __u64* key, __u64* value, struct sum* sum) {
  sum->keys += *key;
  sum->values += *value;
  return 0;
}

static long erase(void* map, __u64* key, __u64* value, struct sum* sum) {
  __u64 gone = *key;
  sum->values += *value;
  if (gone % 2) bpf_map_delete_elem(&hash, &gone);
  return 0;
}

static void fill_array(struct __sk_buff* skb) {
  for (int at = 0; at < 8; at++) {
    __u32 i = (__u32)at;
    __u64 value = i * skb->len;
    bpf_map_update_elem(&array, &i, &value, 0);
  }
}

SEC("tc")
int for_each_map_elem__array(struct __sk_buff* skb) {
  struct sum sum = {0, 0, 1000};
  fill_array(skb);
  long seen = bpf_for_each_map_elem(&array, add, &sum, 0);
  return (int)(seen * 10000 + sum.keys * 100 + sum.values);
}

SEC("tc")
int for_each_map_elem__enough(struct __sk_buff* skb) {
  struct sum sum = {0, 0, 6};
  fill_array(skb);
  return (int)(bpf_for_each_map_elem(&array, add, &sum, 0) * 100 + sum.keys);
}

SEC("tc")
int for_each_map_elem__percpu_array(struct __sk_buff* skb) {
  struct sum sum = {0, 0, 1000};
  for (int at = 0; at < 4; at++) {
    __u32 i = (__u32)at;
    __u64 value = i + skb->len;
    bpf_map_update_elem(&slots, &i, &value, 0);
  }
  long seen = bpf_for_each_map_elem(&slots, add, &sum, 0);
  return (int)(seen * 10000 + sum.keys * 100 + sum.values);
}

SEC("tc")
int for_each_map_elem__hash(struct __sk_buff* skb) {
  struct sum sum = {};
  for (int at = 0; at < 10; at++) {
    __u64 i = (__u64)at;
    __u64 value = i * i;
    bpf_map_update_elem(&hash, &i, &value, 0);
  }
  long seen = bpf_for_each_map_elem(&hash, add_long, &sum, 0);
  return (int)(seen * 10000 + sum.keys * 100 + sum.values);
}

SEC("tc")
int for_each_map_elem__erases(struct __sk_buff* skb) {
  struct sum sum = {};
  for (int at = 0; at < 10; at++) {
    __u64 i = (__u64)at;
    __u64 value = i * i;
    bpf_map_update_elem(&hash, &i, &value, 0);
  }
  long seen = bpf_for_each_map_elem(&hash, erase, &sum, 0);
  long left = bpf_for_each_map_elem(&hash, add_long, &sum, 0);
  return (int)(seen * 100 + left);
}

SEC("tc")
int for_each_map_elem__empty(struct __sk_buff* skb) {
  struct sum sum = {0, 0, 1000};
  return (int)bpf_for_each_map_elem(&values, add, &sum, 0);
}

SEC("tc")
int for_each_map_elem__lru(struct __sk_buff* skb) {
  struct sum sum = {0, 0, 1000};
  for (int at = 0; at < 5; at++) {
    __u32 i = (__u32)at;
    __u64 value = i;
    bpf_map_update_elem(&recent_values, &i, &value, 0);
  }
  long seen = bpf_for_each_map_elem(&recent_values, add, &sum, 0);
  return (int)(seen * 10000 + sum.keys * 100 + sum.values);
}

SEC("tc")
int for_each_map_elem__EINVAL(struct __sk_buff* skb) {
  struct sum sum = {};
  return (int)bpf_for_each_map_elem(&hash, add_long, &sum, 1);
}

SEC("xdp")
int map_lookup_percpu_elem__others_are_zero(struct xdp_md* ctx) {
  __u32 key = 3;
  __u64 value = 77, total = 0;
  bpf_map_delete_elem(&values, &key);
  bpf_map_update_elem(&values, &key, &value, BPF_NOEXIST);
  for (__u32 cpu = 0; cpu < 2; cpu++) {
    __u64* one = bpf_map_lookup_percpu_elem(&values, &key, cpu);
    if (one) total += *one;
  }
  return (int)total;
}

SEC("xdp")
int map_update_elem__percpu_in_place(struct xdp_md* ctx) {
  __u32 key = 1;
  __u64 value = 5;
  bpf_map_update_elem(&values, &key, &value, 0);
  __u64* held = bpf_map_lookup_elem(&values, &key);
  if (!held) return -1;
  value = 6;
  bpf_map_update_elem(&values, &key, &value, 0);
  return (int)*held;
}

SEC("xdp")
int map_lookup_elem__keeps_what_is_used(struct xdp_md* ctx) {
  for (int at = 0; at < 20; at++) {
    __u32 i = (__u32)at;
    __u32 first = 0, value = i;
    bpf_map_update_elem(&recent, &i, &value, 0);
    bpf_map_lookup_elem(&recent, &first);
  }
  return 0;
}

SEC("xdp")
int map_lookup_elem__working_set(struct xdp_md* ctx) {
  for (int at = 0; at < 500; at++) {
    __u32 i = (__u32)at;
    __u32 often = i % 7, value = i;
    bpf_map_update_elem(&large, &i, &value, 0);
    bpf_map_update_elem(&shared, &i, &value, 0);
    bpf_map_lookup_elem(&large, &often);
    bpf_map_lookup_elem(&shared, &often);
  }
  return 0;
}

SEC("xdp")
int map_lookup_elem__prefixes(struct xdp_md* ctx) {
  __u32 found = 0;
  for (int at = 0; at < 24; at++) {
    __u32 i = (__u32)at;
    struct prefix prefix = {.length = i * 5};
    prefix.bytes[i % 16] = (__u8)i;
    bpf_map_update_elem(&trie, &prefix, &i, 0);
  }
  for (int at = 0; at < 24; at++) {
    __u32 i = (__u32)at;
    struct prefix prefix = {.length = 128 - i};
    prefix.bytes[i % 16] = (__u8)i;
    __u32* value = bpf_map_lookup_elem(&trie, &prefix);
    found = found * 31 + (value ? *value + 1 : 0);
  }
  return (int)found;
}

SEC("tc")
int map_update_elem__around_a_lock(struct __sk_buff* skb) {
  __u32 key = 1;
  struct locked value = {.small = 3, .large = skb->len};
  long error = bpf_map_update_elem(&locks, &key, &value, 0);
  error = error * 100 + bpf_map_update_elem(&locks, &key, &value, BPF_F_LOCK);
  error = error * 100 + bpf_map_update_elem(&locks, &key, &value, BPF_F_LOCK | BPF_NOEXIST);
  key = 2;
  error = error * 100 + bpf_map_update_elem(&locks, &key, &value, BPF_F_LOCK | BPF_EXIST);
  bpf_map_update_elem(&locks, &key, &value, BPF_F_LOCK);
  error = error * 100 + bpf_map_update_elem(&lock_slots, &key, &value, BPF_F_LOCK | BPF_EXIST);
  return (int)error;
}

SEC("tc")
int map_update_elem__EINVAL_of_lock_flags(struct __sk_buff* skb) {
  __u32 key = 1;
  struct locked value = {};
  return (int)bpf_map_update_elem(&locks, &key, &value, BPF_F_LOCK | 3);
}

char _license[] SEC("license") = "GPL";
