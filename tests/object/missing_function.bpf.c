// Calls a function that no file defines.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int nowhere(int x);

SEC("xdp")
int lost(struct xdp_md* ctx) { return nowhere(1); }
