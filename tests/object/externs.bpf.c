// What only a kernel defines: variables and functions, weak and not.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct rq {
  int cpu;
};

extern const struct rq runqueues __ksym __weak;
extern const int bpf_prog_active __ksym __weak;
extern const void no_such_address __ksym __weak;
extern const struct rq* bpf_no_such_function(const struct rq*, int) __ksym __weak;
extern void bpf_rcu_read_lock___later(void) __ksym;
extern const void __start_BTF __ksym;
extern int nowhere, perhaps __weak;

SEC("xdp/weak")
int weak(struct xdp_md* ctx) {
  int sum = XDP_PASS;
  if (&runqueues) sum += 4;
  if (&bpf_prog_active) sum += 8;
  if (&no_such_address) sum += 16;
  if (bpf_no_such_function) sum += bpf_no_such_function(&runqueues, 7)->cpu;
  return sum;
}

SEC("xdp/strong_function")
int strong_function(struct xdp_md* ctx) {
  bpf_rcu_read_lock___later();
  return XDP_PASS;
}

SEC("xdp/strong_variable")
int strong_variable(struct xdp_md* ctx) { return (__u64)&__start_BTF >> 32 ? XDP_PASS : XDP_DROP; }

SEC("xdp/unexplained")
int unexplained(struct xdp_md* ctx) { return nowhere; }

SEC("xdp/unexplained_weak")
int unexplained_weak(struct xdp_md* ctx) { return &perhaps ? XDP_DROP : XDP_PASS; }

SEC("xdp/weak_call")
int weak_call(struct xdp_md* ctx) { return bpf_no_such_function(&runqueues, 7) ? XDP_DROP : XDP_PASS; }

char _license[] SEC("license") = "GPL";
