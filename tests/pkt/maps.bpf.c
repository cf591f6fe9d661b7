/* Programs of the .pkt cases that are about maps, data sections, functions and calls from one program to another. */
#include "results.h"

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 3);
  __type(key, __u32);
  __type(value, __u64);
} table SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u64);
} slots SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
} per_cpu SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __type(key, __u32);
  __type(value, __u32);
} jumps SEC(".maps");

struct inner_array {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
};
struct inner_hash {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64);
};
struct inner_array inner1 SEC(".maps"), inner2 SEC(".maps");
struct inner_hash inner3 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 4);
  __type(key, __u32);
  __array(values, struct inner_array);
} by_number SEC(".maps") = {
    .values = {[1] = (void*)&inner1, [3] = (void*)&inner2}
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
  __uint(max_entries, 4);
  __type(key, __u32);
  __array(values, struct inner_hash);
} by_key SEC(".maps") = {.values = {[2] = (void*)&inner3}};

const volatile __u64 constant = 0x1122334455667788;
__u64 variable = 5;
__u64 zeroed;

static __always_inline long put(void* map, __u32 key, __u64 value, __u64 flags) {
  return bpf_map_update_elem(map, &key, &value, flags);
}
static __always_inline __s64 get(void* map, __u32 key) {
  __u64* value = bpf_map_lookup_elem(map, &key);
  return value ? (__s64)*value : -1;
}
static __always_inline long drop(void* map, __u32 key) { return bpf_map_delete_elem(map, &key); }

SEC("xdp")
int hash(struct xdp_md* ctx) {
  result(0, get(&table, 1));
  result(1, 1 + put(&table, 1, 10, BPF_ANY));
  result(2, get(&table, 1));
  result(3, put(&table, 1, 11, BPF_NOEXIST));
  result(4, 1 + put(&table, 1, 12, BPF_EXIST));
  result(5, put(&table, 2, 20, BPF_EXIST));
  result(6, put(&table, 2, 20, 99));
  result(7, 1 + put(&table, 2, 20, BPF_NOEXIST));
  result(8, 1 + drop(&table, 1));
  result(9, drop(&table, 1));
  result(10, get(&table, 1));
  return XDP_PASS;
}

SEC("xdp")
int full_hash(struct xdp_md* ctx) {
  result(0, 1 + put(&table, 1, 1, BPF_ANY));
  result(1, 1 + put(&table, 2, 2, BPF_ANY));
  result(2, 1 + put(&table, 3, 3, BPF_ANY));
  result(3, put(&table, 4, 4, BPF_ANY));
  result(4, 1 + put(&table, 3, 33, BPF_ANY));
  result(5, 1 + drop(&table, 1));
  result(6, 1 + put(&table, 4, 4, BPF_ANY));
  return XDP_PASS;
}

SEC("xdp")
int array(struct xdp_md* ctx) {
  __u32 at = 2;
  __u64* value = bpf_map_lookup_elem(&slots, &at);
  result(0, get(&slots, 1));
  result(1, 1 + put(&slots, 1, 7, BPF_ANY));
  result(2, put(&slots, 1, 8, BPF_NOEXIST));
  result(3, 1 + put(&slots, 3, 9, BPF_EXIST));
  result(4, put(&slots, 4, 1, BPF_ANY));
  result(5, put(&slots, 1, 1, 99));
  result(6, drop(&slots, 1));
  result(7, get(&slots, 4));
  if (value) {
    __sync_fetch_and_add(value, 3);
    result(8, __sync_fetch_and_add(value, 4));
    result(9, __sync_lock_test_and_set(value, 100));
    result(10, __sync_val_compare_and_swap(value, 100, 200));
  }
  return XDP_PASS;
}

SEC("xdp")
int per_cpu_array(struct xdp_md* ctx) {
  __u32 at = 1;
  __u64* value = bpf_map_lookup_elem(&per_cpu, &at);
  result(0, 1 + put(&per_cpu, 0, 5, BPF_ANY));
  result(1, put(&per_cpu, 0, 5, BPF_NOEXIST));
  result(2, put(&per_cpu, 2, 5, BPF_ANY));
  result(3, drop(&per_cpu, 0));
  if (value) *value += 3;
  result(4, 1 + bpf_get_smp_processor_id());
  return XDP_PASS;
}

SEC("xdp")
int maps_of_maps(struct xdp_md* ctx) {
  __u32 at = 1;
  void* inner = bpf_map_lookup_elem(&by_number, &at);
  if (inner) {
    result(0, 1 + put(inner, 0, 7, BPF_ANY));
    result(1, get(inner, 0));
    result(2, put(inner, 2, 7, BPF_ANY));
    result(3, drop(inner, 0));
  }
  at = 3;
  inner = bpf_map_lookup_elem(&by_number, &at);
  __u64* value = inner ? bpf_map_lookup_elem(inner, &at) : 0;
  if (inner) result(4, value ? 1 : 2);
  at = 1;
  value = inner ? bpf_map_lookup_elem(inner, &at) : 0;
  if (value) __sync_fetch_and_add(value, 9);
  at = 0;
  result(5, bpf_map_lookup_elem(&by_number, &at) ? 1 : 2);
  at = 4;
  result(6, bpf_map_lookup_elem(&by_number, &at) ? 1 : 2);
  result(7, bpf_map_lookup_elem(&by_key, &at) ? 1 : 2);
  at = 2;
  inner = bpf_map_lookup_elem(&by_key, &at);
  if (inner) {
    result(8, 1 + put(inner, 5, 50, BPF_NOEXIST));
    result(9, put(inner, 6, 60, BPF_ANY));
    result(10, get(inner, 5));
  }
  return XDP_PASS;
}

SEC("xdp")
int data_sections(struct xdp_md* ctx) {
  result(0, constant);
  variable += 2;
  zeroed += variable;
  return XDP_PASS;
}

static __noinline __u64 mix(__u64 a, __u64 b, struct xdp_md* ctx) {
  volatile __u64 scratch[4] = {a, b, a ^ b, ctx->data_end - ctx->data};
  return scratch[0] * 3 + scratch[1] + scratch[2] + scratch[3];
}
static __noinline __u64 mix_twice(__u64 a, struct xdp_md* ctx) { return mix(a, 1, ctx) ^ mix(a + 1, 2, ctx); }

SEC("xdp")
int calls_functions(struct xdp_md* ctx) {
  result(0, mix(1, 2, ctx));
  result(1, mix_twice(0x123456789, ctx));
  return XDP_PASS;
}

struct loop_state {
  __u64 sum;
  __u64 stop;
};
static long add_index(__u64 index, void* state) {
  struct loop_state* s = state;
  s->sum += index;
  return index == s->stop;
}

SEC("xdp")
int loops(struct xdp_md* ctx) {
  struct loop_state all = {.sum = 0, .stop = 1000};
  struct loop_state some = {.sum = 0, .stop = 4};
  result(0, bpf_loop(10, add_index, &all, 0));
  result(1, all.sum);
  result(2, bpf_loop(10, add_index, &some, 0));
  result(3, some.sum);
  result(4, bpf_loop((1 << 23) + 1, add_index, &some, 0));
  result(5, bpf_loop(1, add_index, &some, 1));
  result(6, 1 + bpf_loop(0, add_index, &some, 0));
  return XDP_PASS;
}

SEC("xdp")
int jumps_to_slot_1(struct xdp_md* ctx) {
  result(0, 1);
  bpf_tail_call(ctx, &jumps, 1);
  result(1, 1);
  return XDP_PASS;
}
SEC("xdp")
int drops(struct xdp_md* ctx) {
  result(2, 1);
  return XDP_DROP;
}
SEC("xdp")
int jumps_nowhere(struct xdp_md* ctx) {
  bpf_tail_call(ctx, &jumps, 3);
  result(0, 1);
  bpf_tail_call(ctx, &jumps, 99);
  result(1, 1);
  return XDP_TX;
}
SEC("xdp")
int jumps_to_itself(struct xdp_md* ctx) {
  __u32 at = 0;
  __s64* count = bpf_map_lookup_elem(&results, &at);
  if (count) ++*count;
  bpf_tail_call(ctx, &jumps, 0);
  return XDP_PASS;
}
