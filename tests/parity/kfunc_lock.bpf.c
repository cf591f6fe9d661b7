// Critical sections.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_res_spin_lock {
  __u32 val;
} __attribute__((aligned(4)));

struct guarded {
  struct bpf_res_spin_lock lock;
  __u32 count;
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct guarded);
  __uint(max_entries, 2);
} counters SEC(".maps");

extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;
extern void bpf_local_irq_save(unsigned long* flags) __ksym;
extern void bpf_local_irq_restore(unsigned long* flags) __ksym;
extern int bpf_res_spin_lock(struct bpf_res_spin_lock* lock) __ksym;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock* lock) __ksym;
extern int bpf_res_spin_lock_irqsave(struct bpf_res_spin_lock* lock, unsigned long* flags) __ksym;
extern void bpf_res_spin_unlock_irqrestore(struct bpf_res_spin_lock* lock, unsigned long* flags) __ksym;

static struct guarded* counter(__u32 key) { return bpf_map_lookup_elem(&counters, &key); }

SEC("tc")
int bpf_rcu_read_lock__around_a_load(struct __sk_buff* skb) {
  bpf_rcu_read_lock();
  const int len = (int)skb->len;
  bpf_rcu_read_unlock();
  return len;
}

SEC("tc")
int bpf_rcu_read_unlock__ends_what_was_begun(struct __sk_buff* skb) {
  bpf_rcu_read_lock();
  bpf_rcu_read_unlock();
  return 7;
}

SEC("tc")
int bpf_preempt_disable__nests(struct __sk_buff* skb) {
  bpf_preempt_disable();
  bpf_preempt_disable();
  const int len = (int)skb->len;
  bpf_preempt_enable();
  bpf_preempt_enable();
  return len;
}

SEC("xdp")
int bpf_preempt_enable__ends_what_was_begun(struct xdp_md* xdp) {
  bpf_preempt_disable();
  bpf_preempt_enable();
  return 2;
}

SEC("tc")
int bpf_local_irq_save__around_a_load(struct __sk_buff* skb) {
  unsigned long flags;
  bpf_local_irq_save(&flags);
  const int len = (int)skb->len;
  bpf_local_irq_restore(&flags);
  return len;
}

SEC("tc")
int bpf_local_irq_restore__ends_what_was_begun(struct __sk_buff* skb) {
  unsigned long flags;
  bpf_local_irq_save(&flags);
  bpf_local_irq_restore(&flags);
  return 3;
}

SEC("tc")
int bpf_res_spin_lock__guards_a_count(struct __sk_buff* skb) {
  struct guarded* it = counter(0);
  if (!it) return -1;
  const int error = bpf_res_spin_lock(&it->lock);
  if (error) return error;
  const int count = (int)++it->count;
  bpf_res_spin_unlock(&it->lock);
  return count;
}

SEC("tc")
int bpf_res_spin_unlock__lets_it_be_taken_again(struct __sk_buff* skb) {
  struct guarded* it = counter(0);
  if (!it || bpf_res_spin_lock(&it->lock)) return -1;
  bpf_res_spin_unlock(&it->lock);
  if (bpf_res_spin_lock(&it->lock)) return -2;
  bpf_res_spin_unlock(&it->lock);
  return 5;
}

SEC("tc")
int bpf_res_spin_lock__EDEADLK(struct __sk_buff* skb) {
  struct guarded *it = counter(0), *same = counter(0);
  if (!it || !same || bpf_res_spin_lock(&it->lock)) return -1;
  const int error = bpf_res_spin_lock(&same->lock);
  if (!error) bpf_res_spin_unlock(&same->lock);
  bpf_res_spin_unlock(&it->lock);
  return error;
}

SEC("tc")
int bpf_res_spin_lock_irqsave__guards_a_count(struct __sk_buff* skb) {
  unsigned long flags;
  struct guarded* it = counter(1);
  if (!it) return -1;
  const int error = bpf_res_spin_lock_irqsave(&it->lock, &flags);
  if (error) return error;
  const int count = (int)++it->count;
  bpf_res_spin_unlock_irqrestore(&it->lock, &flags);
  return count;
}

SEC("tc")
int bpf_res_spin_lock_irqsave__EDEADLK(struct __sk_buff* skb) {
  unsigned long flags, others;
  struct guarded *it = counter(0), *same = counter(0);
  if (!it || !same || bpf_res_spin_lock_irqsave(&it->lock, &flags)) return -1;
  const int error = bpf_res_spin_lock_irqsave(&same->lock, &others);
  if (!error) bpf_res_spin_unlock_irqrestore(&same->lock, &others);
  bpf_res_spin_unlock_irqrestore(&it->lock, &flags);
  return error;
}

SEC("tc")
int bpf_res_spin_unlock_irqrestore__lets_it_be_taken_again(struct __sk_buff* skb) {
  unsigned long flags;
  struct guarded* it = counter(1);
  if (!it || bpf_res_spin_lock_irqsave(&it->lock, &flags)) return -1;
  bpf_res_spin_unlock_irqrestore(&it->lock, &flags);
  if (bpf_res_spin_lock_irqsave(&it->lock, &flags)) return -2;
  bpf_res_spin_unlock_irqrestore(&it->lock, &flags);
  return 5;
}

char _license[] SEC("license") = "GPL";
