// bpf_spin_lock(): what is done under it stays done, and copies of values go around it.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct account {
  __u64 before;
  struct bpf_spin_lock lock;
  __u32 after;
  __u64 sum;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct account);
  __uint(max_entries, 2);
} accounts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, __u32);
  __type(value, struct account);
  __uint(max_entries, 4);
} named SEC(".maps");

struct bpf_spin_lock guard SEC(".data.guard");
__u64 guarded SEC(".data.guard");

static __always_inline int add(struct account* account, __u32 length) {
  bpf_spin_lock(&account->lock);
  account->before += 1;
  account->sum += length;
  account->after = (__u32)account->sum;
  bpf_spin_unlock(&account->lock);
  return (int)account->sum;
}

SEC("tc")
int spin_lock__in_an_array(struct __sk_buff* skb) {
  __u32 key = 1;
  struct account* account = bpf_map_lookup_elem(&accounts, &key);
  return account ? add(account, skb->len) : -1;
}

SEC("tc")
int spin_unlock__in_a_hash(struct __sk_buff* skb) {
  struct account fresh = {.before = 7};
  __u32 key = skb->len % 4;
  bpf_map_update_elem(&named, &key, &fresh, BPF_ANY);
  struct account* account = bpf_map_lookup_elem(&named, &key);
  if (!account) return -1;
  add(account, skb->len);
  return add(account, skb->len);
}

SEC("xdp")
int spin_lock__of_a_global(struct xdp_md* xdp) {
  bpf_spin_lock(&guard);
  guarded += 3;
  bpf_spin_unlock(&guard);
  return (int)guarded;
}

static __noinline __u64 twice(__u64 x) { return 2 * x; }

SEC("tc")
int spin_lock__around_a_function(struct __sk_buff* skb) {
  __u32 key = 0;
  struct account* account = bpf_map_lookup_elem(&accounts, &key);
  if (!account) return -1;
  bpf_spin_lock(&account->lock);
  account->sum = twice(account->sum) + 1;
  bpf_spin_unlock(&account->lock);
  return (int)account->sum;
}

char _license[] SEC("license") = "GPL";
