// Exceptions: what a program ends with that throws, from where it throws.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define on_throw(function) __attribute__((btf_decl_tag("exception_callback:" #function)))

extern void bpf_throw(__u64 cookie) __ksym;

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u64);
  __uint(max_entries, 1);
} marks SEC(".maps");

static void mark(__u64 what) {
  const __u32 key = 0;
  bpf_map_update_elem(&marks, &key, &what, BPF_ANY);
}

static __attribute__((noinline)) int deep(struct __sk_buff* skb) {
  if (skb->len > 20) bpf_throw(skb->len + 5);
  mark(1);
  return 1;
}

__attribute__((noinline)) int deeper(struct __sk_buff* skb) {
  const int answer = deep(skb);
  mark(2);
  return answer + 1;
}

SEC("tc")
int bpf_throw__is_the_result(struct __sk_buff* skb) {
  bpf_throw(64);
  return 0;
}

SEC("xdp")
int bpf_throw__in_xdp(struct xdp_md* ctx) {
  if (ctx->data_end - ctx->data > 10) bpf_throw(XDP_TX);
  return XDP_DROP;
}

SEC("tc")
int bpf_throw__from_a_function_of_a_function(struct __sk_buff* skb) {
  const int answer = deeper(skb);
  mark(3);
  return answer + 1;
}

SEC("tc")
int bpf_throw__of_a_value_with_a_high_half(struct __sk_buff* skb) {
  bpf_throw(0x1234567880000001);
  return 0;
}

__attribute__((noinline)) int answer_to(__u64 cookie) {
  mark(cookie);
  return (int)cookie * 2 + 1;
}

SEC("tc")
on_throw(answer_to) int bpf_throw__calls_the_callback(struct __sk_buff* skb) { return deeper(skb); }

SEC("tc")
on_throw(answer_to) int bpf_throw__has_a_callback_that_is_not_called(struct __sk_buff* skb) {
  if (skb->len == 0) bpf_throw(1);
  return 9;
}

char _license[] SEC("license") = "GPL";
