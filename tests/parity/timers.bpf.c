// bpf_timer_*(): return codes. No timer is due while the tests run.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define HOUR 3600000000000ull
#define REALTIME 0
#define MONOTONIC 1
#define BOOTTIME 7

struct later {
  __u64 before;
  struct bpf_timer timer;
  __u64 after;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, __u32);
  __type(value, struct later);
  __uint(max_entries, 4);
} hashed SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct later);
  __uint(max_entries, 4);
} indexed SEC(".maps");

static int nothing(void* map, __u32* key, struct later* value) { return 0; }
static int something(void* map, __u32* key, struct later* value) {
  value->after = *key;
  return 0;
}

/// An element whose timer is not one yet.
static __always_inline struct later* fresh(void) {
  struct later zero = {.before = 1, .after = 2};
  __u32 key = 3;
  bpf_map_delete_elem(&hashed, &key);
  bpf_map_update_elem(&hashed, &key, &zero, BPF_ANY);
  return bpf_map_lookup_elem(&hashed, &key);
}

SEC("tc")
int timer_init__monotonic(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  return (int)(bpf_timer_init(&v->timer, &hashed, MONOTONIC));
}
SEC("tc")
int timer_init__realtime(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  return (int)(bpf_timer_init(&v->timer, &hashed, REALTIME));
}
SEC("tc")
int timer_init__boottime(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  return (int)(bpf_timer_init(&v->timer, &hashed, BOOTTIME));
}
SEC("tc")
int timer_init__EINVAL_clock(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  return (int)(bpf_timer_init(&v->timer, &hashed, 2));
}
SEC("tc")
int timer_init__EINVAL_flags(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  return (int)(bpf_timer_init(&v->timer, &hashed, 16 | MONOTONIC));
}
SEC("tc")
int timer_init__EBUSY(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  bpf_timer_init(&v->timer, &hashed, MONOTONIC);
  return (int)(bpf_timer_init(&v->timer, &hashed, MONOTONIC));
}
SEC("tc")
int timer_set_callback__EINVAL(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  return (int)(bpf_timer_set_callback(&v->timer, nothing));
}
SEC("tc")
int timer_set_callback__twice(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  bpf_timer_init(&v->timer, &hashed, MONOTONIC);
  bpf_timer_set_callback(&v->timer, nothing);
  return (int)(bpf_timer_set_callback(&v->timer, something));
}
SEC("tc")
int timer_start__EINVAL_not_made(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  return (int)(bpf_timer_start(&v->timer, HOUR, 0));
}
SEC("tc")
int timer_start__EINVAL_without_a_callback(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  bpf_timer_init(&v->timer, &hashed, MONOTONIC);
  return (int)(bpf_timer_start(&v->timer, HOUR, 0));
}
SEC("tc")
int timer_start__EINVAL_flags(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  bpf_timer_init(&v->timer, &hashed, MONOTONIC);
  bpf_timer_set_callback(&v->timer, nothing);
  return (int)(bpf_timer_start(&v->timer, HOUR, 4));
}
SEC("tc")
int timer_start__twice(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  bpf_timer_init(&v->timer, &hashed, MONOTONIC);
  bpf_timer_set_callback(&v->timer, nothing);
  bpf_timer_start(&v->timer, HOUR, 0);
  return (int)(bpf_timer_start(&v->timer, HOUR, 2));
}
SEC("tc")
int timer_start__EINVAL_after_cancel(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  bpf_timer_init(&v->timer, &hashed, MONOTONIC);
  bpf_timer_set_callback(&v->timer, nothing);
  bpf_timer_cancel(&v->timer);
  return (int)(bpf_timer_start(&v->timer, HOUR, 0));
}
SEC("tc")
int timer_cancel__EINVAL(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  return (int)(bpf_timer_cancel(&v->timer));
}
SEC("tc")
int timer_cancel__unarmed(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  bpf_timer_init(&v->timer, &hashed, MONOTONIC);
  return (int)(bpf_timer_cancel(&v->timer));
}
SEC("tc")
int timer_cancel__armed(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  bpf_timer_init(&v->timer, &hashed, MONOTONIC);
  bpf_timer_set_callback(&v->timer, nothing);
  bpf_timer_start(&v->timer, HOUR, 0);
  long first = bpf_timer_cancel(&v->timer);
  return (int)(first * 10 + bpf_timer_cancel(&v->timer));
}
SEC("tc")
int timer_init__after_an_update(struct __sk_buff* skb) {
  struct later* v = fresh();
  if (!v) return -1;
  struct later other = {.before = 5};
  __u32 key = 3;
  bpf_timer_init(&v->timer, &hashed, MONOTONIC);
  bpf_map_update_elem(&hashed, &key, &other, BPF_EXIST);
  v = bpf_map_lookup_elem(&hashed, &key);
  return (int)(v ? bpf_timer_init(&v->timer, &hashed, MONOTONIC) : -1);
}

SEC("xdp")
int timer_init__in_an_array(struct xdp_md* xdp) {
  struct later zero = {.before = 9};
  __u32 key = 2;
  struct later* v = bpf_map_lookup_elem(&indexed, &key);
  if (!v) return -1;
  bpf_timer_init(&v->timer, &indexed, MONOTONIC);
  bpf_map_update_elem(&indexed, &key, &zero, BPF_ANY);
  return (int)bpf_timer_init(&v->timer, &indexed, MONOTONIC);
}

char _license[] SEC("license") = "GPL";
