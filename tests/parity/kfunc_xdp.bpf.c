// Kernel functions of XDP programs.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int bpf_xdp_pull_data(struct xdp_md* xdp, __u32 size) __ksym;

SEC("xdp")
int bpf_xdp_pull_data__of_what_is_linear(struct xdp_md* xdp) { return bpf_xdp_pull_data(xdp, 14); }

SEC("xdp")
int bpf_xdp_pull_data__of_all(struct xdp_md* xdp) { return bpf_xdp_pull_data(xdp, (__u32)bpf_xdp_get_buff_len(xdp)); }

SEC("xdp")
int bpf_xdp_pull_data__EINVAL_too_much(struct xdp_md* xdp) {
  return bpf_xdp_pull_data(xdp, (__u32)bpf_xdp_get_buff_len(xdp) + 1);
}

char _license[] SEC("license") = "GPL";
