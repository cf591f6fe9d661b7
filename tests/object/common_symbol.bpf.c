// A variable that no section holds, as -fcommon makes them.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int __attribute__((common)) tentative;

SEC("xdp") int look(struct xdp_md* ctx) { return tentative; }
