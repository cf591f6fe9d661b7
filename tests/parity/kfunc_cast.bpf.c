// Pointers as other types.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern void* bpf_rdonly_cast(const void* pointer, __u32 type) __ksym;

SEC("tc")
int bpf_rdonly_cast__to_plain_memory(struct __sk_buff* skb) {
  __u64 local = 0x1122334455667788;
  const __u32* const words = bpf_rdonly_cast(&local, 0);
  return (int)(words[0] ^ words[1]);
}

char _license[] SEC("license") = "GPL";
