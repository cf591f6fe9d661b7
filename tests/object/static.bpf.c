// A static map and a static program, which libbpf refuses and real objects have; a call between two program sections.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct counter {
  __u32 packets;
  __u32 bytes;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} shown SEC(".maps");

static struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 2);
  __type(key, int);
  __type(value, struct counter);
} hidden SEC(".maps");

static int tail(struct __sk_buff* skb);

SEC("tc")
int entry(struct __sk_buff* skb) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&shown, &key) ? tail(skb) : 1;
}

SEC("tc/tail")
static __attribute__((noinline)) int tail(struct __sk_buff* skb) {
  int key = 1;
  struct counter* counter = bpf_map_lookup_elem(&hidden, &key);
  if (counter) counter->packets += 1;
  return counter ? 0 : 2;
}

char _license[] SEC("license") = "GPL";
