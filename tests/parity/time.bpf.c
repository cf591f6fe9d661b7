// Clocks and random numbers: no two calls agree, but what holds between two calls does, on both sides.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

/// 3: a clock that runs, and not backwards.
static __always_inline int order(__u64 first, __u64 second) { return (first != 0) | (second >= first) << 1; }

#define FIRST_AND_SECOND(clock) \
  __u64 first = clock();        \
  __u64 second = clock();       \
  return order(first, second)

SEC("tc")
int ktime_get_ns__does_not_go_back(struct __sk_buff* skb) { FIRST_AND_SECOND(bpf_ktime_get_ns); }

SEC("tc")
int ktime_get_boot_ns__does_not_go_back(struct __sk_buff* skb) { FIRST_AND_SECOND(bpf_ktime_get_boot_ns); }

SEC("tc")
int ktime_get_boot_ns__is_not_behind_the_monotonic_clock(struct __sk_buff* skb) {
  __u64 since_start = bpf_ktime_get_ns();
  __u64 with_suspension = bpf_ktime_get_boot_ns();
  return order(since_start, with_suspension);
}

SEC("tc")
int ktime_get_coarse_ns__is_not_ahead_of_the_fine_clock(struct __sk_buff* skb) {
  __u64 coarse = bpf_ktime_get_coarse_ns();
  __u64 fine = bpf_ktime_get_ns();
  return order(coarse, fine) | (fine - coarse < 100000000) << 2;  // Less than a tenth of a second behind.
}

SEC("tc")
int ktime_get_tai_ns__knows_the_year(struct __sk_buff* skb) { return bpf_ktime_get_tai_ns() > 1577836800000000000ULL; }

SEC("tc")
int ktime_get_tai_ns__does_not_go_back(struct __sk_buff* skb) { FIRST_AND_SECOND(bpf_ktime_get_tai_ns); }

SEC("tc")
int jiffies64__does_not_go_back(struct __sk_buff* skb) { FIRST_AND_SECOND(bpf_jiffies64); }

SEC("tc")
int get_prandom_u32__is_not_always_the_same(struct __sk_buff* skb) {
  __u32 first = bpf_get_prandom_u32();
  int differs = 0;
  for (int i = 0; i < 8; ++i) differs |= bpf_get_prandom_u32() != first;
  return differs;
}

SEC("xdp")
int get_prandom_u32__has_zeroes_and_ones_in_every_bit(struct xdp_md* xdp) {
  __u32 zeroes = 0, ones = 0;
  for (int i = 0; i < 128; ++i) {
    __u32 bits = bpf_get_prandom_u32();
    ones |= bits;
    zeroes |= ~bits;
  }
  return zeroes == 0xffffffff && ones == 0xffffffff;
}

char LICENSE[] SEC("license") = "GPL";
