// Several programs in a section; static, global, weak and hidden functions; calls within and across sections;
// callbacks.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define NOINLINE __attribute__((noinline))

static NOINLINE int twice(int x) {
  asm volatile("" : "+r"(x));
  return x * 2;
}

NOINLINE int add_three(int x) {
  asm volatile("" : "+r"(x));
  return twice(x) + 3;
}

__weak NOINLINE int weak_five(int x) {
  asm volatile("" : "+r"(x));
  return x + 5;
}

__hidden NOINLINE int hidden_seven(int x) {
  asm volatile("" : "+r"(x));
  return add_three(x) + 7;
}

static long each(__u32 index, void* context) {
  int* sum = context;
  *sum += add_three((int)index);
  return 0;
}

SEC("xdp")
int first(struct xdp_md* ctx) { return twice(1) == 2 ? XDP_PASS : XDP_DROP; }

SEC("xdp")
int second(struct xdp_md* ctx) { return hidden_seven(1) == 12 ? XDP_TX : XDP_DROP; }

SEC("xdp.frags")
int loop(struct xdp_md* ctx) {
  int sum = 0;
  bpf_loop(4, each, &sum, 0);
  return sum == 24 ? XDP_PASS : XDP_DROP;
}

SEC("tc")
int classify(struct __sk_buff* skb) { return weak_five(skb->mark) + twice(skb->mark); }

char _license[] SEC("license") = "GPL";
