// Maps without keys and ring buffers, as C programs use them. What they hold is told by what comes out again.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct item {
  __u64 number;
  __u32 length;
  __u8 tail[12];  // No padding, whose bytes would be anybody's.
};

struct {
  __uint(type, BPF_MAP_TYPE_QUEUE);
  __type(value, struct item);
  __uint(max_entries, 3);
} queue SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_STACK);
  __type(value, struct item);
  __uint(max_entries, 3);
} stack SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_BLOOM_FILTER);
  __type(value, __u32);
  __uint(max_entries, 100);
  __uint(map_flags, BPF_F_ZERO_SEED);
  __uint(map_extra, 3);
} filter SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 5000);
} ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_USER_RINGBUF);
  __uint(max_entries, 4096);
} user_ring SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct item);
  __uint(max_entries, 8);
} taken SEC(".maps");

static __always_inline void keep(__u32 slot, struct item* item) { bpf_map_update_elem(&taken, &slot, item, BPF_ANY); }

SEC("tc")
int map_push_elem__queue(struct __sk_buff* skb) {
  struct item item = {
      .number = skb->protocol, .length = skb->len, .tail = {1, 2, 3}
  };
  return (int)bpf_map_push_elem(&queue, &item, BPF_EXIST);
}

SEC("xdp")
int map_push_elem__stack(struct xdp_md* xdp) {
  struct item item = {.number = xdp->data_end - xdp->data, .length = xdp->rx_queue_index, .tail = {9}};
  return (int)bpf_map_push_elem(&stack, &item, BPF_EXIST);
}

SEC("tc")
int map_peek_elem__queue(struct __sk_buff* skb) {
  struct item item;
  const int error = (int)bpf_map_peek_elem(&queue, &item);
  keep(0, &item);
  return error;
}

SEC("tc")
int map_pop_elem__queue(struct __sk_buff* skb) {
  struct item item;
  const int error = (int)bpf_map_pop_elem(&queue, &item);
  keep(1, &item);
  return error;
}

SEC("xdp")
int map_pop_elem__stack(struct xdp_md* xdp) {
  struct item item;
  const int error = (int)bpf_map_pop_elem(&stack, &item);
  keep(2, &item);
  return error;
}

SEC("tc")
int map_push_elem__E2BIG(struct __sk_buff* skb) {
  struct item item = {};
  for (int i = 0; i < 3; i++) bpf_map_push_elem(&queue, &item, BPF_ANY);
  return (int)bpf_map_push_elem(&queue, &item, BPF_ANY);
}

/// A value of the map is writable memory, too.
SEC("tc")
int map_pop_elem__into_a_map_value(struct __sk_buff* skb) {
  __u32 slot = 3;
  struct item* item = bpf_map_lookup_elem(&taken, &slot);
  return item ? (int)bpf_map_pop_elem(&queue, item) : -1;
}

SEC("tc")
int map_push_elem__filter(struct __sk_buff* skb) {
  __u32 value = skb->len;
  return (int)bpf_map_push_elem(&filter, &value, BPF_ANY);
}

/// How many of 300 the filter believes to have seen.
SEC("tc")
int map_peek_elem__filter(struct __sk_buff* skb) {
  int seen = 0;
  for (__u32 i = 0; i < 300; i++) {
    __u32 value = i;
    seen += !bpf_map_peek_elem(&filter, &value);
  }
  return seen;
}

SEC("tc")
int ringbuf_query__size(struct __sk_buff* skb) { return (int)bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE); }

SEC("xdp")
int ringbuf_reserve__submit(struct xdp_md* xdp) {
  struct item* item = bpf_ringbuf_reserve(&ring, sizeof *item, 0);
  if (!item) return -1;
  item->number = xdp->data_end - xdp->data;
  item->length = 7;
  bpf_ringbuf_submit(item, BPF_RB_NO_WAKEUP);
  return (int)bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
}

SEC("tc")
int ringbuf_discard__one_of_two(struct __sk_buff* skb) {
  struct item* one = bpf_ringbuf_reserve(&ring, sizeof *one, 0);
  if (!one) return -1;
  struct item* two = bpf_ringbuf_reserve(&ring, sizeof *two, 0);
  if (!two) {
    bpf_ringbuf_discard(one, 0);
    return -2;
  }
  two->number = one->number = skb->len;
  bpf_ringbuf_submit(two, 0);
  bpf_ringbuf_discard(one, BPF_RB_FORCE_WAKEUP);
  return (int)bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
}

SEC("tc")
int ringbuf_output__EAGAIN(struct __sk_buff* skb) {
  struct item item = {};
  for (int i = 0; i < 1000; i++)
    if (bpf_ringbuf_output(&ring, &item, sizeof item, 0)) break;
  return (int)bpf_ringbuf_output(&ring, &item, sizeof item, 0);
}

static long see(struct bpf_dynptr* record, __u32* seen) {
  *seen += 1;
  return 0;
}

SEC("tc")
int user_ringbuf_drain__nothing(struct __sk_buff* skb) {
  __u32 seen = 0;
  const int count = (int)bpf_user_ringbuf_drain(&user_ring, see, &seen, 0);
  return count + (int)seen;
}

SEC("tc")
int perf_event_output__ENOENT(struct __sk_buff* skb) {
  struct item item = {};
  return (int)bpf_perf_event_output(skb, &events, BPF_F_CURRENT_CPU | (__u64)skb->len << 32, &item, sizeof item);
}

SEC("xdp")
int perf_event_output__EFAULT(struct xdp_md* xdp) {
  struct item item = {};
  const __u64 more = xdp->data_end - xdp->data + 1;
  return (int)bpf_perf_event_output(xdp, &events, BPF_F_CURRENT_CPU | more << 32, &item, sizeof item);
}

char _license[] SEC("license") = "GPL";
