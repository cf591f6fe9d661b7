// Defines what linked_user.bpf.c uses.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int shared_limit = 21;
__noinline int shared_twice(int x) { return 2 * x; }

char _license[] SEC("license") = "GPL";
