// BTF maps and maps from before BTF in one object; a section "ID/SLOT" finds a BTF map with an id.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include "include/elf_map.h"

struct {
  __uint(type, BPF_MAP_TYPE_PROG_ARRAY);
  __uint(id, 3);
  __uint(key_size, 4);
  __uint(value_size, 4);
  __uint(max_entries, 2);
  __uint(pinning, PIN_GLOBAL_NS);
} stages SEC(".maps");

struct bpf_elf_map SEC("maps") counters = {
    .type = BPF_MAP_TYPE_PERCPU_ARRAY, .size_key = 4, .size_value = 8, .max_elem = 2};

SEC("3/1") int second(struct __sk_buff* skb) { return 0; }

SEC("classifier") int first(struct __sk_buff* skb) {
  __u32 zero = 0;
  bpf_map_lookup_elem(&counters, &zero);
  bpf_tail_call(skb, &stages, 1);
  return 2;
}
