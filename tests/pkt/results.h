/* What the programs of tests/pkt share: a map that takes what they measure, and one line to write into it. */
#ifndef SAYA_TESTS_PKT_RESULTS_H
#define SAYA_TESTS_PKT_RESULTS_H

#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define RESULTS 32

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, RESULTS);
  __type(key, __u32);
  __type(value, __s64);
} results SEC(".maps");

/* Puts `value` into slot `at`; 0 leaves no line in the recorded outcome, so programs add what tells it apart. */
static __always_inline void result(__u32 at, __s64 value) { bpf_map_update_elem(&results, &at, &value, BPF_ANY); }

char kLicense[] SEC("license") = "GPL";

#endif
