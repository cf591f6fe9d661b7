// iproute2's struct bpf_elf_map with all that it can say: ids, tail calls by section, inner maps, pinning, types.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>
#include "include/elf_map.h"

#define MAPS SEC("maps")
#define TAIL(id, slot) SEC(#id "/" #slot)

struct flow {
  __u32 address;
  __u32 port;
};

struct bpf_elf_map MAPS jumps = {
    .type = BPF_MAP_TYPE_PROG_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 8, .id = 2};
struct bpf_elf_map MAPS no_id = {.type = BPF_MAP_TYPE_PROG_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 2};
struct bpf_elf_map MAPS flows = {
    .type = BPF_MAP_TYPE_HASH,
    .size_key = sizeof(struct flow),
    .size_value = sizeof(__u64),
    .max_elem = 64,
    .flags = BPF_F_NO_PREALLOC,
    .pinning = PIN_OBJECT_NS,
};
ANNOTATE_KEY_AND_VALUE(flows, struct flow, __u64);
struct bpf_elf_map MAPS shared = {
    .type = BPF_MAP_TYPE_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 1, .pinning = PIN_GLOBAL_NS};
ANNOTATE_KEY_AND_VALUE(shared, __u32, __u64);  // A value of another size: as if it were not there.
struct bpf_elf_map MAPS of_a_folder = {
    .type = BPF_MAP_TYPE_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 1, .pinning = 7};

struct bpf_elf_map MAPS first_inner = {
    .type = BPF_MAP_TYPE_ARRAY, .size_key = 4, .size_value = 8, .max_elem = 2, .id = 7, .inner_idx = 1};
struct bpf_elf_map MAPS second_inner = {
    .type = BPF_MAP_TYPE_ARRAY, .size_key = 4, .size_value = 8, .max_elem = 2, .id = 7, .inner_idx = 3};
struct bpf_elf_map MAPS only_a_template = {
    .type = BPF_MAP_TYPE_ARRAY, .size_key = 4, .size_value = 4, .max_elem = 5, .id = 8, .inner_idx = -1};
struct bpf_elf_map MAPS outer = {
    .type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .size_key = 4, .size_value = 4, .max_elem = 4, .inner_id = 7};
struct bpf_elf_map MAPS other_outer = {
    .type = BPF_MAP_TYPE_HASH_OF_MAPS, .size_key = 4, .size_value = 4, .max_elem = 4, .inner_id = 8};
static struct bpf_elf_map MAPS hidden = {.type = BPF_MAP_TYPE_HASH, .size_key = 4, .size_value = 4, .max_elem = 9};

TAIL(2, 0) int decimal(struct __sk_buff* skb) { return 10; }
SEC("02/0x3") int octal_and_hexadecimal(struct __sk_buff* skb) { return 11; }
SEC("2/1/named") int with_more_behind(struct __sk_buff* skb) { return 12; }
SEC("0/1") int of_the_map_without_an_id(struct __sk_buff* skb) { return 13; }
SEC("99/0") int of_no_map(struct __sk_buff* skb) { return 14; }
SEC("2/4") int first_of_two(struct __sk_buff* skb) { return 15; }
SEC("2/4") int second_of_two(struct __sk_buff* skb) { return 16; }
SEC("2nd/5") int no_number(struct __sk_buff* skb) { return 17; }

SEC("classifier") int entry(struct __sk_buff* skb) {
  __u32 zero = 0;
  struct flow flow = {};
  bpf_map_lookup_elem(&flows, &flow);
  if (bpf_map_lookup_elem(&hidden, &zero)) return 1;
  void* inner = bpf_map_lookup_elem(&outer, &zero);
  if (inner) bpf_map_lookup_elem(inner, &zero);
  bpf_tail_call(skb, &jumps, 0);
  return bpf_map_lookup_elem(&other_outer, &zero) ? 0 : 2;
}

char LICENSE[] SEC("license") = "GPL";
