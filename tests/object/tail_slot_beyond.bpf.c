// A section "ID/SLOT" with a slot that the prog array does not have.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include "include/elf_map.h"

struct bpf_elf_map SEC("maps") jumps = {
    .type = BPF_MAP_TYPE_PROG_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 4, .id = 1};

SEC("1/4") int last(struct __sk_buff* skb) { return 0; }
SEC("classifier") int first(struct __sk_buff* skb) {
  bpf_tail_call(skb, &jumps, 4);
  return 2;
}
