// Global variables in every kind of data section.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

const volatile __u32 limit = 100;
static volatile const __u16 ports[4] = {22, 80, 443, 8080};
volatile __u64 total = 7;
static volatile int step = 3, other_step = 4;
volatile __u64 seen[16];
volatile __u32 tuned SEC(".data.tuning") = 9;

SEC("xdp")
int sum(struct xdp_md* ctx) {
  seen[ctx->ingress_ifindex & 15] += 1;
  total += step + other_step + tuned;
  return total > limit + ports[ctx->rx_queue_index & 3] ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "MIT";
