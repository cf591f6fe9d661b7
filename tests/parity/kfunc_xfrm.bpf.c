// IPsec states where none is set up.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_xfrm_state_opts {
  __s32 error;
  __s32 netns_id;
  __u32 mark;
  __u32 daddr[4];
  __u32 spi;
  __u8 proto;
  __u16 family;
};
struct xfrm_state;

extern struct xfrm_state* bpf_xdp_get_xfrm_state(struct xdp_md* xdp, struct bpf_xfrm_state_opts* options,
                                                 __u32 size) __ksym;
extern void bpf_xdp_xfrm_state_release(struct xfrm_state* state) __ksym;

#define ESP 50
#define INET 2

/// The error in the options; 1 where there is a state.
#define error_of(ctx, options, size)                                                    \
  ({                                                                                    \
    struct xfrm_state* const state = bpf_xdp_get_xfrm_state((ctx), &(options), (size)); \
    if (state) bpf_xdp_xfrm_state_release(state);                                       \
    state ? 1 : (options).error;                                                        \
  })

SEC("xdp")
int bpf_xdp_get_xfrm_state__of_none(struct xdp_md* ctx) {
  struct bpf_xfrm_state_opts options = {.netns_id = -1, .spi = 1, .proto = ESP, .family = INET};
  return error_of(ctx, options, sizeof options);
}

SEC("xdp")
int bpf_xdp_get_xfrm_state__of_another_size(struct xdp_md* ctx) {
  struct bpf_xfrm_state_opts options = {.netns_id = -1, .spi = 1, .proto = ESP, .family = INET};
  return error_of(ctx, options, 16);
}

SEC("xdp")
int bpf_xdp_get_xfrm_state__of_no_room_for_an_error(struct xdp_md* ctx) {
  struct bpf_xfrm_state_opts options = {.error = 7, .netns_id = -1};
  return error_of(ctx, options, 2);
}

SEC("xdp")
int bpf_xdp_get_xfrm_state__of_a_namespace_that_cannot_be(struct xdp_md* ctx) {
  struct bpf_xfrm_state_opts options = {.netns_id = -2, .proto = ESP, .family = INET};
  return error_of(ctx, options, sizeof options);
}

SEC("xdp")
int bpf_xdp_xfrm_state_release__of_what_another_namespace_has(struct xdp_md* ctx) {
  struct bpf_xfrm_state_opts options = {.netns_id = 77, .proto = ESP, .family = INET};
  return error_of(ctx, options, sizeof options);
}

char _license[] SEC("license") = "GPL";
