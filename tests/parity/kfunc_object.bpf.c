// Objects that programs make, keep in map values and other objects, share and give back.
#include "objects.h"

struct plain {
  __u64 key;
  __u64 data;
};
struct holder {
  __u64 key;
  struct plain kept* inner;
};
struct shared {
  __u64 data;
  struct bpf_refcount references;
};
struct value {
  __u64 count;
  struct plain kept* plain;
  struct holder kept* holder;
  struct shared kept* shared;
};

// Without these, clang describes the structs as unknown.
struct plain* known_plain;
struct holder* known_holder;
struct shared* known_shared;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct value);
  __uint(max_entries, 2);
} slots SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, __u32);
  __type(value, struct value);
  __uint(max_entries, 4);
} table SEC(".maps");

struct counted_value {
  __u64 count;
  struct bpf_refcount references;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct counted_value);
  __uint(max_entries, 1);
} counts SEC(".maps");

private(own) struct plain kept* global;

static struct value* slot(__u32 key) { return bpf_map_lookup_elem(&slots, &key); }

static struct plain* make_plain(__u64 key) {
  struct plain* const object = make(struct plain);
  if (object) {
    object->key = key;
    object->data = key * 3;
  }
  return object;
}

/// Puts an object with that key into a slot; the key of the one before, 0 without one, -1 when there is no memory.
static long keep(struct plain kept** place, __u64 key) {
  struct plain* const object = make_plain(key);
  if (!object) return -1;
  struct plain* const before = bpf_kptr_xchg(place, object);
  if (!before) return 0;
  const long old = (long)before->key;
  drop(before);
  return old;
}

SEC("tc")
int bpf_obj_new_impl__can_be_written_and_read(struct __sk_buff* skb) {
  struct plain* const object = make_plain(skb->len);
  if (!object) return -1;
  const int sum = (int)(object->key + object->data);
  drop(object);
  return sum;
}

SEC("xdp")
int bpf_obj_drop_impl__in_xdp(struct xdp_md* ctx) {
  struct plain* const object = make_plain(2);
  if (!object) return XDP_ABORTED;
  const __u64 key = object->key;
  drop(object);
  return (int)key;
}

SEC("tc")
int kptr_xchg__keeps_an_object_from_run_to_run(struct __sk_buff* skb) {
  struct value* const value = slot(0);
  if (!value) return -2;
  value->count++;
  return (int)keep(&value->plain, skb->len);
}

SEC("tc")
int kptr_xchg__of_a_global_pointer(struct __sk_buff* skb) { return (int)keep(&global, skb->len); }

SEC("tc")
int kptr_xchg__takes_out(struct __sk_buff* skb) {
  struct value* const value = slot(1);
  if (!value || keep(&value->plain, 41) < 0) return -2;
  struct plain* const object = bpf_kptr_xchg(&value->plain, 0);
  if (!object) return -3;
  const int data = (int)object->data;
  drop(object);
  return data + (value->plain != 0);
}

SEC("tc")
int kptr_xchg__into_an_object_in_a_map(struct __sk_buff* skb) {
  struct value* const value = slot(1);
  struct holder* const holder = make(struct holder);
  if (!holder) return -2;
  if (!value) {
    drop(holder);
    return -3;
  }
  holder->key = 5;
  struct plain* plain = make_plain(7);
  if (plain) plain = bpf_kptr_xchg(&holder->inner, plain);
  if (plain) drop(plain);
  struct holder* const before = bpf_kptr_xchg(&value->holder, holder);
  if (!before) return 1;
  plain = bpf_kptr_xchg(&before->inner, 0);
  const int key = plain ? (int)(plain->key * 10 + before->key) : 0;
  if (plain) drop(plain);
  drop(before);
  return key;
}

SEC("tc")
int bpf_obj_drop_impl__drops_what_an_object_holds(struct __sk_buff* skb) {
  struct holder* const holder = make(struct holder);
  if (!holder) return -1;
  struct plain* plain = make_plain(7);
  if (plain) plain = bpf_kptr_xchg(&holder->inner, plain);
  if (plain) drop(plain);
  drop(holder);
  return 3;
}

SEC("tc")
int map_delete_elem__drops_what_the_value_holds(struct __sk_buff* skb) {
  const struct value empty = {.count = skb->len};
  const __u32 key = 3;
  bpf_map_update_elem(&table, &key, &empty, BPF_ANY);
  struct value* value = bpf_map_lookup_elem(&table, &key);
  if (!value) return -2;
  const long first = keep(&value->plain, 9);
  bpf_map_delete_elem(&table, &key);
  bpf_map_update_elem(&table, &key, &empty, BPF_ANY);
  value = bpf_map_lookup_elem(&table, &key);
  return value ? (int)(first * 100 + (value->plain == 0)) : -3;
}

SEC("tc")
int map_update_elem__drops_what_the_value_held(struct __sk_buff* skb) {
  struct value* const value = slot(0);
  if (!value || keep(&value->plain, 9) < 0) return -2;
  const struct value empty = {.count = 1};
  const __u32 key = 0;
  bpf_map_update_elem(&slots, &key, &empty, BPF_ANY);
  return value->plain == 0;
}

SEC("tc")
int map_lookup_elem__of_a_value_with_a_count(struct __sk_buff* skb) {
  const __u32 key = 0;
  struct counted_value* const value = bpf_map_lookup_elem(&counts, &key);
  return value ? (int)++value->count : -1;
}

SEC("tc")
int bpf_refcount_acquire_impl__of_an_own_one(struct __sk_buff* skb) {
  struct shared* const one = make(struct shared);
  if (!one) return -1;
  one->data = skb->len;
  struct shared* const other = share(one);
  drop(one);
  const int data = (int)other->data;
  drop(other);
  return data;
}

SEC("tc")
int bpf_refcount_acquire_impl__of_one_in_a_map(struct __sk_buff* skb) {
  struct value* const value = slot(0);
  if (!value) return -1;
  int data = 1;
  struct shared* const there = value->shared;
  if (there) {
    struct shared* const held = share(there);
    if (!held) return -2;
    data = (int)held->data;
    drop(held);
  }
  struct shared* made = make(struct shared);
  if (!made) return -3;
  made->data = data + 4;
  made = bpf_kptr_xchg(&value->shared, made);
  if (made) drop(made);
  return data;
}

char _license[] SEC("license") = "GPL";
