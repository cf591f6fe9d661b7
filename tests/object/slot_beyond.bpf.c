// A prog array with a program in a slot that it does not have.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int last(struct xdp_md* ctx);

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(max_entries, 4);
  __uint(key_size, sizeof(__u32));
  __array(values, int(void*));
} stages SEC(".maps") = {
    .values = {[9] = (void*)&last},
};

SEC("xdp") int last(struct xdp_md* ctx) {
  bpf_tail_call(ctx, &stages, 9);
  return XDP_PASS;
}
