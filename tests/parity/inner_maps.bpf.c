// Maps of maps whose elements get their size from the machine.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
  __uint(max_entries, 2);
  __type(key, __u32);
  __array(
      values, struct {
        __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
        __uint(key_size, 4);
        __uint(value_size, 4);
      });
} event_arrays SEC(".maps");

SEC("tc") int map_lookup_elem__an_event_array_that_is_not_there(struct __sk_buff* skb) {
  const __u32 key = 1;
  return bpf_map_lookup_elem(&event_arrays, &key) == 0;
}

char _license[] SEC("license") = "GPL";
