// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Tells user space about each packet in every way there is. For events.cli.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct packet_event {
  __u32 length;
  __u16 protocol;
  char where[6];
};
const struct packet_event* unused __attribute__((unused));

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} perf SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} bytes SEC(".maps");

static long refused;

SEC("xdp")
int tell(struct xdp_md* ctx) {
  struct packet_event* event = bpf_ringbuf_reserve(&ring, sizeof *event, 0);
  struct packet_event copy = {.length = ctx->data_end - ctx->data, .protocol = 7, .where = "perf"};
  __u8 three[3] = {1, 2, 3};

  if (!event) return XDP_ABORTED;
  event->length = ctx->data_end - ctx->data;
  event->protocol = 0x800;
  __builtin_memcpy(event->where, "ring", 6);
  bpf_ringbuf_submit(event, 0);
  if (bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU, &copy, sizeof copy)) ++refused;
  bpf_perf_event_output(ctx, &perf, BPF_F_CURRENT_CPU | 14ull << 32, &copy, sizeof copy);
  bpf_ringbuf_output(&bytes, three, sizeof three, 0);
  bpf_printk("%d bytes", copy.length);
  return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
