// A map of maps whose template nobody declares.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include "include/elf_map.h"

struct bpf_elf_map SEC("maps") outer = {
    .type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .size_key = 4, .size_value = 4, .max_elem = 4, .inner_id = 12};

SEC("classifier") int look(struct __sk_buff* skb) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&outer, &key) ? 0 : 2;
}
