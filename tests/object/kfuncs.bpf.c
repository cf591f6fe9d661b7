// Calls functions of the kernel, and looks whether it has a variable.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct rq;

extern void bpf_rcu_read_lock___later(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern const struct rq runqueues __ksym __weak;

SEC("xdp")
int locks(struct xdp_md* ctx) {
  bpf_rcu_read_lock___later();
  bpf_rcu_read_unlock();
  return XDP_PASS;
}

SEC("xdp")
int looks(struct xdp_md* ctx) { return &runqueues ? XDP_TX : XDP_DROP; }

char _license[] SEC("license") = "GPL";
