// Objects with a copy for each CPU.
#include "objects.h"

struct numbers {
  __u64 one;
  __u64 other;
};
struct value {
  __u64 count;
  struct numbers kept_per_cpu* numbers;
};
struct numbers* known_numbers;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct value);
  __uint(max_entries, 1);
} slots SEC(".maps");

extern void* bpf_percpu_obj_new_impl(__u64 type, void* meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void* object, void* meta) __ksym;

/// The value of the map, with numbers in it.
static struct value* fill(void) {
  const __u32 key = 0;
  struct value* const value = bpf_map_lookup_elem(&slots, &key);
  if (!value) return 0;
  if (value->numbers) return value;
  struct numbers kept_per_cpu* numbers = bpf_percpu_obj_new_impl(bpf_core_type_id_local(struct numbers), 0);
  if (!numbers) return 0;
  numbers = bpf_kptr_xchg(&value->numbers, numbers);
  if (numbers) bpf_percpu_obj_drop_impl(numbers, 0);
  return value;
}

SEC("tc")
int bpf_percpu_obj_new_impl__is_kept_in_a_map(struct __sk_buff* skb) {
  struct value* const value = fill();
  return value && value->numbers;
}

SEC("tc")
int bpf_percpu_obj_drop_impl__of_one_taken_out(struct __sk_buff* skb) {
  struct value* const value = fill();
  if (!value) return -1;
  struct numbers kept_per_cpu* const numbers = bpf_kptr_xchg(&value->numbers, 0);
  if (!numbers) return -2;
  bpf_percpu_obj_drop_impl(numbers, 0);
  return value->numbers == 0;
}

SEC("tc")
int per_cpu_ptr__of_a_cpu_and_past_the_last(struct __sk_buff* skb) {
  struct value* const value = fill();
  if (!value) return -1;
  struct numbers kept_per_cpu* const numbers = value->numbers;
  if (!numbers) return -2;
  struct numbers* const first = bpf_per_cpu_ptr(numbers, 0);
  if (!first) return -3;
  first->one = skb->len;
  first->other = 7;
  struct numbers* const again = bpf_per_cpu_ptr(numbers, 0);
  return again ? (int)(again->one * 10 + again->other) + (bpf_per_cpu_ptr(numbers, 4096) == 0) : -4;
}

SEC("tc")
int this_cpu_ptr__is_the_copy_of_the_cpu(struct __sk_buff* skb) {
  struct value* const value = fill();
  if (!value) return -1;
  struct numbers kept_per_cpu* const numbers = value->numbers;
  if (!numbers) return -2;
  struct numbers* const here = bpf_this_cpu_ptr(numbers);
  here->one = 5;
  struct numbers* const same = bpf_per_cpu_ptr(numbers, bpf_get_smp_processor_id());
  if (!same) return -3;
  same->one += skb->len;
  return (int)here->one;
}

char _license[] SEC("license") = "GPL";
