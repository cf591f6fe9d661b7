// Programs with exception callbacks, and what they allocate.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#define on_throw(function) __attribute__((btf_decl_tag("exception_callback:" #function)))

extern void bpf_throw(__u64 cookie) __ksym;
extern void* bpf_obj_new_impl(__u64 type, void* meta) __ksym;
extern void bpf_obj_drop_impl(void* object, void* meta) __ksym;

struct made {
  __u64 a, b, c;
};
struct other {
  __u64 a;
};
struct other* known_other;

__attribute__((noinline)) int answer(__u64 cookie) { return (int)cookie + 1; }
__attribute__((noinline)) int second(__u64 cookie) { return (int)cookie + 2; }
static __attribute__((noinline, used)) int hidden(__u64 cookie) { return (int)cookie + 3; }

SEC("tc")
on_throw(answer) int with_one(struct __sk_buff* skb) {
  if (skb->len > 10) bpf_throw(1);
  return 0;
}

SEC("tc")
int with_none(struct __sk_buff* skb) {
  struct made* const made = bpf_obj_new_impl(bpf_core_type_id_local(struct made), 0);
  if (made) bpf_obj_drop_impl(made, 0);
  return 0;
}

SEC("tc")
on_throw(answer) on_throw(second) int with_two(struct __sk_buff* skb) { return 0; }

SEC("tc")
on_throw(nobody) int with_a_missing_one(struct __sk_buff* skb) { return 0; }

SEC("tc")
on_throw(hidden) int with_a_local_one(struct __sk_buff* skb) { return 0; }

char _license[] SEC("license") = "GPL";
