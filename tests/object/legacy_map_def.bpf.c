// Maps as they were declared before BTF, each in a section of its own, so that each may have a struct of its own.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct four_words {
  __u32 type, key_size, value_size, max_entries;
};
struct libbpf_map_def {
  __u32 type, key_size, value_size, max_entries, map_flags;
};
struct samples_map_def {
  __u32 type, key_size, value_size, max_entries, map_flags, inner_map_idx, numa_node;
};
struct pinned_map_def {
  __u32 type, key_size, value_size, max_entries, map_flags, pinning, inner_map_fd;
};
struct old_elf_map {
  __u32 type, size_key, size_value, max_elem, flags, id, pinning;
};
struct gobpf_map_def {
  __u32 type, key_size, value_size, max_entries, map_flags, pinning;
  char namespace[256];
};
struct goebpf_map_def {
  __u32 map_type, key_size, value_size, max_entries, map_flags;
  void* inner_map_def;
  const char* persistent_path;
};
struct long_elf_map {
  __u32 type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx, later;
};
struct wide_map_def {
  enum bpf_map_type type;
  __u16 key_size, value_size;
  __u64 max_entries;
};

struct four_words four SEC("maps/four") = {BPF_MAP_TYPE_ARRAY, 4, 8, 16};
struct libbpf_map_def five SEC("maps/five") = {BPF_MAP_TYPE_HASH, 4, 8, 16, BPF_F_NO_PREALLOC};
struct samples_map_def samples SEC("maps/samples") = {BPF_MAP_TYPE_HASH, 4, 8, 16, BPF_F_NUMA_NODE, 0, 3};
struct pinned_map_def pinned SEC("maps/pinned") = {BPF_MAP_TYPE_HASH, 4, 8, 16, 0, 2, 0};
struct old_elf_map old SEC("maps/old") = {BPF_MAP_TYPE_HASH, 4, 8, 16, 0, 5, 16};
struct gobpf_map_def gobpf SEC("maps/gobpf") = {BPF_MAP_TYPE_HASH, 4, 8, 16, 0, 2, "tcptracer"};
struct goebpf_map_def goebpf SEC("maps/goebpf") = {BPF_MAP_TYPE_HASH, 4, 8, 16, 1, 0, "/sys/fs/bpf/there"};
struct long_elf_map longer SEC("maps/longer") = {BPF_MAP_TYPE_HASH, 4, 8, 16, 0, 6, 7, 0, 0, 0};
struct wide_map_def wide SEC("lirc/maps") = {BPF_MAP_TYPE_HASH, 4, 8, 16};

SEC("classifier")
int look(struct __sk_buff* skb) {
  __u32 key = 0;
  return bpf_map_lookup_elem(&four, &key) || bpf_map_lookup_elem(&wide, &key) ? 0 : 2;
}
