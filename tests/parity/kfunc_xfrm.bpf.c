// IPsec states at XDP: there are none.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct xfrm_state;
struct bpf_xfrm_state_opts {
  int error;
  int netns_id;
  __u32 mark;
  __u32 daddr[4];
  __u32 spi;
  __u8 proto;
  __u16 family;
  __u64 more;
};
#define SIZE 36

extern struct xfrm_state* bpf_xdp_get_xfrm_state(struct xdp_md* xdp, struct bpf_xfrm_state_opts* opts,
                                                 __u32 opts__sz) __ksym;
extern void bpf_xdp_xfrm_state_release(struct xfrm_state* x) __ksym;

#define CASE(name, netns, kind, size)                                                             \
  SEC("xdp")                                                                                      \
  int name(struct xdp_md* xdp) {                                                                  \
    struct bpf_xfrm_state_opts opts = {.netns_id = netns, .spi = 7, .proto = 50, .family = kind}; \
    struct xfrm_state* state = bpf_xdp_get_xfrm_state(xdp, &opts, size);                          \
    if (!state) return opts.error;                                                                \
    bpf_xdp_xfrm_state_release(state);                                                            \
    return 1;                                                                                     \
  }

// clang-format off
CASE(bpf_xdp_get_xfrm_state__of_ipv4, -1, 2, SIZE)
CASE(bpf_xdp_get_xfrm_state__of_ipv6, -1, 10, SIZE)
CASE(bpf_xdp_get_xfrm_state__of_no_family, -1, 77, SIZE)
CASE(bpf_xdp_get_xfrm_state__of_a_namespace_that_nobody_has, 12345, 2, SIZE)
CASE(bpf_xdp_get_xfrm_state__of_a_negative_namespace, -2, 2, SIZE)
CASE(bpf_xdp_get_xfrm_state__with_short_options, -1, 2, SIZE - 4)
CASE(bpf_xdp_get_xfrm_state__with_an_error_only, -1, 2, 4)
CASE(bpf_xdp_get_xfrm_state__with_less, -1, 2, 3)
CASE(bpf_xdp_get_xfrm_state__with_more_options, -1, 2, SIZE + 4)
CASE(bpf_xdp_xfrm_state_release__of_none, -1, 2, SIZE)
// clang-format on

char _license[] SEC("license") = "GPL";
