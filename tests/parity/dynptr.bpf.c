// bpf_dynptr_*(): views of map values and of records. Those of packets are in kfunc_dynptr.bpf.c.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bytes {
  char c[64];
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct bytes);
  __uint(max_entries, 2);
} blocks SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4096);
} ring SEC(".maps");

static __always_inline char* block(__u32 number) { return bpf_map_lookup_elem(&blocks, &number); }

/// Declares a view of the first `SIZE` bytes of `data`.
#define VIEW(SIZE)        \
  struct bpf_dynptr view; \
  char* data = block(0);  \
  if (!data || bpf_dynptr_from_mem(data, SIZE, 0, &view)) return -1

SEC("tc")
int dynptr_from_mem__EINVAL(struct __sk_buff* skb) {
  struct bpf_dynptr view;
  char* data = block(0);
  return data ? (int)bpf_dynptr_from_mem(data, 8, 1, &view) : -1;
}
SEC("xdp")
int dynptr_from_mem__of_nothing(struct xdp_md* xdp) {
  struct bpf_dynptr view;
  char* data = block(0);
  return data ? (int)bpf_dynptr_from_mem(data, 0, 0, &view) : -1;
}

SEC("tc")
int dynptr_write__and_read_back(struct __sk_buff* skb) {
  VIEW(32);
  __u64 word = skb->len, back = 0;
  long error = bpf_dynptr_write(&view, 24, &word, sizeof word, 0);
  return (int)(error ? error : bpf_dynptr_read(&back, sizeof back, &view, 24, 0) + (long)(back == word));
}
SEC("tc")
int dynptr_write__E2BIG(struct __sk_buff* skb) {
  VIEW(32);
  __u64 word = 0;
  return (int)(bpf_dynptr_write(&view, 25, &word, sizeof word, 0));
}
SEC("tc")
int dynptr_write__EINVAL(struct __sk_buff* skb) {
  VIEW(32);
  __u64 word = 0;
  return (int)(bpf_dynptr_write(&view, 0, &word, sizeof word, 1));
}
SEC("tc")
int dynptr_read__E2BIG(struct __sk_buff* skb) {
  VIEW(32);
  __u64 word = 0;
  return (int)(bpf_dynptr_read(&word, sizeof word, &view, 0xffffffff, 0));
}
SEC("tc")
int dynptr_read__EINVAL(struct __sk_buff* skb) {
  VIEW(32);
  __u64 word = 0;
  return (int)(bpf_dynptr_read(&word, sizeof word, &view, 0, 1));
}
SEC("tc")
int dynptr_read__overlapping(struct __sk_buff* skb) {
  VIEW(40);
  for (int i = 0; i < 8; ++i) data[i] = (char)i;
  return (int)(bpf_dynptr_read(data + 4, 8, &view, 0, 0));
}
SEC("tc")
int dynptr_data__reaches_the_bytes(struct __sk_buff* skb) {
  VIEW(32);
  char* inside = bpf_dynptr_data(&view, 4, 8);
  if (!inside) return -1;
  inside[7] = 'x';
  return (int)(inside - data);
}
SEC("tc")
int dynptr_data__beyond_is_null(struct __sk_buff* skb) {
  VIEW(32);
  return (int)(bpf_dynptr_data(&view, 25, 8) == NULL);
}

SEC("tc")
int dynptr_data__of_nothing_is_null(struct __sk_buff* skb) {
  struct bpf_dynptr view;
  char* data = block(0);
  if (!data) return -1;
  bpf_dynptr_from_mem(data, 8, 1, &view);
  return bpf_dynptr_data(&view, 0, 1) == NULL;
}
SEC("tc")
int dynptr_read__EINVAL_of_nothing(struct __sk_buff* skb) {
  struct bpf_dynptr view;
  char* data = block(0);
  __u64 word;
  if (!data) return -1;
  bpf_dynptr_from_mem(data, 8, 1, &view);
  return (int)bpf_dynptr_read(&word, sizeof word, &view, 0, 0);
}
SEC("tc")
int dynptr_write__EINVAL_of_nothing(struct __sk_buff* skb) {
  struct bpf_dynptr view;
  char* data = block(0);
  __u64 word = 0;
  if (!data) return -1;
  bpf_dynptr_from_mem(data, 8, 1, &view);
  return (int)bpf_dynptr_write(&view, 0, &word, sizeof word, 0);
}

SEC("tc")
int ringbuf_reserve_dynptr__writes(struct __sk_buff* skb) {
  struct bpf_dynptr view;
  __u32 word = skb->len;
  long error = bpf_ringbuf_reserve_dynptr(&ring, 16, 0, &view);
  if (!error) error = bpf_dynptr_write(&view, 12, &word, sizeof word, 0);
  if (!error) error = bpf_dynptr_write(&view, 13, &word, sizeof word, 0);
  bpf_ringbuf_discard_dynptr(&view, 0);
  return (int)error;
}
SEC("tc")
int ringbuf_reserve_dynptr__EINVAL_flags(struct __sk_buff* skb) {
  struct bpf_dynptr view;
  long error = bpf_ringbuf_reserve_dynptr(&ring, 16, 1, &view);
  bpf_ringbuf_submit_dynptr(&view, 0);
  return (int)error;
}
SEC("tc")
int ringbuf_reserve_dynptr__EINVAL_full(struct __sk_buff* skb) {
  struct bpf_dynptr view;
  long error = bpf_ringbuf_reserve_dynptr(&ring, 5000, 0, &view);
  bpf_ringbuf_submit_dynptr(&view, 0);
  return (int)error;
}
SEC("tc")
int ringbuf_reserve_dynptr__E2BIG(struct __sk_buff* skb) {
  struct bpf_dynptr view;
  long error = bpf_ringbuf_reserve_dynptr(&ring, 1 << 24, 0, &view);
  bpf_ringbuf_submit_dynptr(&view, 0);
  return (int)error;
}
SEC("tc")
int ringbuf_submit_dynptr__hands_over(struct __sk_buff* skb) {
  struct bpf_dynptr view;
  long error = bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &view);
  __u64* word = bpf_dynptr_data(&view, 0, sizeof *word);
  if (word) *word = skb->len;
  bpf_ringbuf_submit_dynptr(&view, BPF_RB_NO_WAKEUP);
  return (int)error + (int)bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
}
SEC("xdp")
int ringbuf_discard_dynptr__gives_up(struct xdp_md* xdp) {
  struct bpf_dynptr view;
  long error = bpf_ringbuf_reserve_dynptr(&ring, 8, 0, &view);
  bpf_ringbuf_discard_dynptr(&view, 0);
  return (int)error;
}

char _license[] SEC("license") = "GPL";
