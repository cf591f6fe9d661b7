// Two programs that ask where they run what the verdict is; one of them asks first whether there is an answer.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

enum saya_verdict { SAYA_VERDICT = XDP_ABORTED };

SEC("xdp") int trusting(struct xdp_md* ctx) { return bpf_core_enum_value(enum saya_verdict, SAYA_VERDICT); }

SEC("xdp") int careful(struct xdp_md* ctx) {
  if (!bpf_core_enum_value_exists(enum saya_verdict, SAYA_VERDICT)) return XDP_PASS;
  return bpf_core_enum_value(enum saya_verdict, SAYA_VERDICT);
}
