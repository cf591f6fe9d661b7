// Uses what linked_owner.bpf.c defines: `bpftool gen object` makes one object of both.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int shared_limit;
extern const int no_such_limit __weak;
extern int shared_twice(int x);

SEC("xdp")
int user(struct xdp_md* ctx) { return shared_twice(shared_limit) + (&no_such_limit ? 100 : 0); }

char _license[] SEC("license") = "GPL";
