// The kernel's configuration, as variables of every type that libbpf fills.
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern unsigned long CONFIG_HZ __kconfig;
extern bool CONFIG_BPF __kconfig;
extern bool CONFIG_NO_SUCH_SWITCH __kconfig __weak;
extern enum libbpf_tristate CONFIG_IPV6 __kconfig __weak;
extern char CONFIG_NET __kconfig;
extern const char CONFIG_DEFAULT_HOSTNAME[4] __kconfig __weak;
extern short CONFIG_NO_SUCH_NUMBER __kconfig __weak;
extern bool LINUX_HAS_BPF_COOKIE __kconfig;
extern int LINUX_UNKNOWN_FACT __kconfig __weak;

SEC("xdp")
int config(struct xdp_md* ctx) {
  int sum = CONFIG_HZ + (LINUX_KERNEL_VERSION >> 16) * 1000;
  if (CONFIG_BPF) sum += 100000;
  if (CONFIG_NO_SUCH_SWITCH) sum += 1;
  if (CONFIG_IPV6 == TRI_YES) sum += 200000;
  if (CONFIG_NET == 'y') sum += 400000;
  if (LINUX_HAS_BPF_COOKIE) sum += 800000;
  return sum + CONFIG_NO_SUCH_NUMBER + CONFIG_DEFAULT_HOSTNAME[0] + LINUX_UNKNOWN_FACT;
}

char _license[] SEC("license") = "GPL";
