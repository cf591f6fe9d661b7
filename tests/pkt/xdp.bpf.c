/* XDP programs of the .pkt cases: frame geometry, metadata, bytes. */
#include <linux/if_ether.h>

#include "results.h"

SEC("xdp")
int reads_ctx(struct xdp_md* ctx) {
  result(0, ctx->data_end - ctx->data);
  result(1, ctx->data - ctx->data_meta);
  result(2, ctx->ingress_ifindex);
  result(3, ctx->rx_queue_index);
  result(4, bpf_xdp_get_buff_len(ctx));
  return XDP_PASS;
}

static __always_inline void fill(struct xdp_md* ctx, __u32 size, __u8 byte) {
  __u8* data = (__u8*)(long)ctx->data;
  __u8* end = (__u8*)(long)ctx->data_end;
  if (data + size > end) return;
  for (__u32 i = 0; i < size; ++i) data[i] = byte;
}

SEC("xdp")
int grows_the_head(struct xdp_md* ctx) {
  result(0, 1 + bpf_xdp_adjust_head(ctx, -20));
  fill(ctx, 20, 0xab);
  return XDP_TX;
}
SEC("xdp")
int cuts_the_head(struct xdp_md* ctx) {
  result(0, 1 + bpf_xdp_adjust_head(ctx, 14));
  return XDP_PASS;
}
SEC("xdp")
int moves_the_head_to_its_limits(struct xdp_md* ctx) {
  result(0, bpf_xdp_adjust_head(ctx, -217));
  result(1, 1 + bpf_xdp_adjust_head(ctx, -216));
  result(2, bpf_xdp_adjust_head(ctx, -1));
  result(3, 1 + bpf_xdp_adjust_head(ctx, 216));
  result(4, bpf_xdp_adjust_head(ctx, bpf_xdp_get_buff_len(ctx) - 13));
  result(5, 1 + bpf_xdp_adjust_head(ctx, bpf_xdp_get_buff_len(ctx) - 14));
  return XDP_PASS;
}

SEC("xdp")
int grows_the_tail(struct xdp_md* ctx) {
  result(0, 1 + bpf_xdp_adjust_tail(ctx, 9));
  return XDP_PASS;
}
SEC("xdp")
int cuts_the_tail(struct xdp_md* ctx) {
  result(0, 1 + bpf_xdp_adjust_tail(ctx, -9));
  return XDP_PASS;
}
SEC("xdp")
int grown_bytes_are_zero_again(struct xdp_md* ctx) {
  bpf_xdp_adjust_tail(ctx, -8);
  bpf_xdp_adjust_tail(ctx, 8);
  return XDP_PASS;
}
SEC("xdp")
int moves_the_tail_to_its_limits(struct xdp_md* ctx) {
  __s32 len = bpf_xdp_get_buff_len(ctx);
  result(0, bpf_xdp_adjust_tail(ctx, 4096 - 256 - 320 - len + 1));
  result(1, 1 + bpf_xdp_adjust_tail(ctx, 4096 - 256 - 320 - len));
  result(2, bpf_xdp_adjust_tail(ctx, 1));
  result(3, bpf_xdp_adjust_tail(ctx, -(4096 - 256 - 320) + 13));
  result(4, 1 + bpf_xdp_adjust_tail(ctx, -(4096 - 256 - 320) + 14));
  return XDP_PASS;
}

SEC("xdp")
int writes_metadata(struct xdp_md* ctx) {
  result(0, 1 + bpf_xdp_adjust_meta(ctx, -8));
  __u64* meta = (__u64*)(long)ctx->data_meta;
  if ((void*)(meta + 1) <= (void*)(long)ctx->data) *meta = 0x1122334455667788;
  return XDP_PASS;
}
SEC("xdp")
int metadata_has_limits(struct xdp_md* ctx) {
  result(0, bpf_xdp_adjust_meta(ctx, -3));
  result(1, bpf_xdp_adjust_meta(ctx, 4));
  result(2, bpf_xdp_adjust_meta(ctx, -256));
  result(3, bpf_xdp_adjust_meta(ctx, -252));
  result(4, 1 + bpf_xdp_adjust_meta(ctx, -216));
  result(5, bpf_xdp_adjust_meta(ctx, -4));
  result(6, ctx->data - ctx->data_meta);
  result(7, 1 + bpf_xdp_adjust_meta(ctx, 212));
  return XDP_PASS;
}
SEC("xdp")
int metadata_moves_with_the_head(struct xdp_md* ctx) {
  result(0, 1 + bpf_xdp_adjust_meta(ctx, -4));
  __u32* meta = (__u32*)(long)ctx->data_meta;
  if ((void*)(meta + 1) <= (void*)(long)ctx->data) *meta = 0xdddddddd;
  result(1, 1 + bpf_xdp_adjust_head(ctx, -6));
  fill(ctx, 6, 0xcc);
  result(2, ctx->data - ctx->data_meta);
  return XDP_PASS;
}

SEC("xdp")
int loads_and_stores_bytes(struct xdp_md* ctx) {
  __u32 len = bpf_xdp_get_buff_len(ctx);
  __u64 bytes = 0;
  result(0, 1 + bpf_xdp_load_bytes(ctx, 6, &bytes, 8));
  result(1, bytes);
  result(2, 1 + bpf_xdp_store_bytes(ctx, len - 8, &bytes, 8));
  result(3, bpf_xdp_load_bytes(ctx, len - 7, &bytes, 8));
  result(4, bpf_xdp_store_bytes(ctx, len, &bytes, 1));
  result(5, bpf_xdp_load_bytes(ctx, 0x10000, &bytes, 1));
  return XDP_PASS;
}

SEC("xdp")
int redirects(struct xdp_md* ctx) { return bpf_redirect(5, 0); }
SEC("xdp")
int redirects_with_flags(struct xdp_md* ctx) { return bpf_redirect(5, 1); }
SEC("xdp")
int returns_more_than_32_bits(struct xdp_md* ctx) { return (int)0x80000002; }
