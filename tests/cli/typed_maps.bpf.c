// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Maps whose keys and values have every kind of type, and a program that fills them. For obj-run.cli, run-maps.cli and
// src/saya/run/map_json_test.cpp.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

enum color { RED, GREEN = 5, NEG = -3 };
typedef __u16 port_t;

struct inner {
  __u8 a;
  __s8 b;
  char c;
  char name[8];
  _Bool on;
};

struct val {
  __u64 packets;
  struct inner in;
  port_t ports[3];
  enum color col;
  __u32 lo : 3, hi : 9;
  union {
    __u32 x;
    __u8 bytes[4];
  } u;
  union {
    __u32 ax;
    __u16 as;
  };
  void* p;
  unsigned __int128 big;
  char raw[4];
  __s64 neg;
  char ch;
  const volatile int cv;
};

struct key {
  __u32 ip;
  __u16 port;
  __u8 pad[2];
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, struct key);
  __type(value, struct val);
} flows SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 2);
  __type(key, __u32);
  __type(value, __u64);
} percpu SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 4);
  __uint(key_size, 4);
  __uint(value_size, 6);
} untyped SEC(".maps");

int counter = 7;
const volatile __u64 limit = 9;
char text[6] = "abc";

SEC("xdp")
int parse(struct xdp_md* ctx) {
  void *data = (void*)(long)ctx->data, *end = (void*)(long)ctx->data_end;
  struct key key = {.ip = 0x0a000001, .port = 80};
  struct val val = {
      .packets = 3,
      .in = {1, -2, 'x', "eth0", 1},
      .ports = {1, 2, 65535},
      .col = GREEN,
      .lo = 5,
      .hi = 300,
      .u = {.x = 0x01020304},
      .ax = 9,
      .p = (void*)0x1000,
      .big = ((unsigned __int128)1 << 64) + 2,
      .raw = {1, 2, 3, 4},
      .neg = -5,
      .ch = 'Q',
      .cv = -1
  };
  char six[6] = {1, 2, 3};
  __u32 one = 1;
  __u64* count = bpf_map_lookup_elem(&percpu, &one);

  bpf_map_update_elem(&flows, &key, &val, 0);
  key.port = 81;
  val.col = 77;
  val.big = 5;
  val.in.name[0] = 0;
  val.ch = 1;
  bpf_map_update_elem(&flows, &key, &val, 0);
  bpf_map_update_elem(&untyped, &one, six, 0);
  if (count) ++*count;
  counter += limit;
  text[1]++;
  if (data + 14 > end) return XDP_DROP;
  *(char*)data = 0x7e;
  bpf_xdp_adjust_head(ctx, -4);
  return XDP_PASS;
}

SEC("tc")
int mark(struct __sk_buff* skb) {
  skb->mark += 1;
  skb->cb[0] = skb->len;
  return 3;
}

SEC("xdp")
int stray(struct xdp_md* ctx) { return *(volatile char*)(long)ctx->data_end; }

char LICENSE[] SEC("license") = "GPL";
