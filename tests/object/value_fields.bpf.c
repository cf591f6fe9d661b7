// Locks, timers and kernel pointers in map values, where the kernel takes them and where it does not.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#ifndef __kptr
#define __kptr __attribute__((btf_type_tag("kptr")))
#endif
#define kptr_untrusted __attribute__((btf_type_tag("kptr_untrusted")))
#define other_tag __attribute__((btf_type_tag("other")))

struct known {
  int x;
};

#define MAP(NAME, TYPE, VALUE)         \
  struct {                             \
    __uint(type, BPF_MAP_TYPE_##TYPE); \
    __type(key, __u32);                \
    __type(value, VALUE);              \
    __uint(max_entries, 4);            \
  } NAME SEC(".maps")

struct plain {
  __u64 a[4];
};
MAP(no_fields, HASH, struct plain);
MAP(no_struct, HASH, __u64);

struct locked {
  __u32 before;
  struct bpf_spin_lock lock;
  __u64 after;
};
MAP(lock_in_hash, HASH, struct locked);
MAP(lock_in_array, ARRAY, struct locked);
MAP(lock_in_lru, LRU_HASH, struct locked);
MAP(lock_in_percpu, PERCPU_ARRAY, struct locked);

typedef struct locked aliased;
MAP(lock_behind_an_alias, HASH, const aliased);

struct two_locks {
  struct bpf_spin_lock a, b;
};
MAP(two, ARRAY, struct two_locks);

typedef struct bpf_spin_lock hidden;
struct with_hidden {
  hidden lock;
  __u32 x;
};
MAP(lock_of_a_typedef, ARRAY, struct with_hidden);

struct timed {
  struct bpf_timer timer;
  struct bpf_spin_lock lock;
};
MAP(timer_and_lock, ARRAY, struct timed);

struct timer_only {
  __u64 x;
  struct bpf_timer timer;
};
MAP(timer_in_lru_hash, LRU_HASH, struct timer_only);
MAP(timer_in_percpu, PERCPU_HASH, struct timer_only);

struct nested {
  __u64 x;
  struct locked inner;
};
MAP(lock_in_a_member, HASH, struct nested);

struct lock_array {
  struct bpf_spin_lock locks[2];
};
MAP(locks_in_an_array, HASH, struct lock_array);
struct one_lock_array {
  struct bpf_spin_lock locks[1];
};
MAP(a_lock_in_an_array, HASH, struct one_lock_array);
struct array_of_locked {
  struct locked all[2];
};
MAP(lock_in_an_array_of_structs, HASH, struct array_of_locked);

struct pointers {
  struct known kptr_untrusted* one;
  struct known __kptr* two;
  struct known* plain;
};
MAP(pointers_in_array, ARRAY, struct pointers);
MAP(pointers_in_percpu, PERCPU_ARRAY, struct pointers);
MAP(pointers_in_trie, LPM_TRIE, struct pointers);

struct pointer_array {
  __u64 x;
  struct known kptr_untrusted* all[2][2];
};
MAP(pointers_in_rows, HASH, struct pointer_array);
struct array_of_pointers {
  struct pointers all[3];
};
MAP(pointers_in_structs, HASH, struct array_of_pointers);
struct twelve_pointers {
  struct known kptr_untrusted* all[12];
};
MAP(too_many, HASH, struct twelve_pointers);

struct odd_tag {
  struct known other_tag* pointer;
  struct bpf_spin_lock lock;
};
MAP(an_unknown_tag, HASH, struct odd_tag);

struct no_struct_behind {
  int kptr_untrusted* pointer;
};
MAP(pointer_to_a_number, HASH, struct no_struct_behind);

union overlapping {
  struct bpf_spin_lock lock;
  struct bpf_timer timer;
};
MAP(a_union, HASH, union overlapping);

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, __u32);
  __type(value, struct locked);
  __uint(max_entries, 4);
  __uint(map_flags, BPF_F_RDONLY_PROG);
} read_only SEC(".maps");

struct inner {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, __u32);
  __type(value, struct locked);
  __uint(max_entries, 4);
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __type(key, __u32);
  __uint(max_entries, 2);
  __array(values, struct inner);
} outer SEC(".maps");

struct bpf_list_head {
  __u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_list_node {
  __u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_rb_root {
  __u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_rb_node {
  __u64 opaque[4];
} __attribute__((aligned(8)));
struct bpf_refcount {
  __u32 opaque[1];
} __attribute__((aligned(4)));
#define contains(type, node) __attribute__((btf_decl_tag("contains:" #type ":" #node)))

struct item {
  struct bpf_list_node link;
  struct bpf_refcount references;
  struct bpf_rb_node branch;
  struct known __kptr* pointer;
};
struct rooted {
  struct bpf_spin_lock lock;
  struct bpf_list_head items contains(item, link);
  struct bpf_rb_root tree contains(item, branch);
};
MAP(roots_in_hash, HASH, struct rooted);
MAP(roots_in_percpu, PERCPU_ARRAY, struct rooted);

struct unlocked {
  struct bpf_list_head items contains(item, link);
};
MAP(list_without_lock, HASH, struct unlocked);

MAP(nodes_are_nothing_in_a_map, HASH, struct item);

long counter = 1;
struct locked guarded SEC(".data.locked");

struct bpf_elf_map {
  __u32 type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx;
};
struct bpf_elf_map SEC("maps") legacy = {.type = 1, .size_key = 4, .size_value = 16, .max_elem = 4};
struct ____btf_map_legacy {
  __u32 key;
  struct locked value;
};
struct ____btf_map_legacy SEC(".maps.legacy") ____btf_map_legacy;

SEC("tc")
int use(struct __sk_buff* skb) {
  __u32 key = 0;
  counter += 1;
  guarded.after += (__u64)bpf_map_lookup_elem(&legacy, &key);
  return 0;
}

char _license[] SEC("license") = "GPL";
