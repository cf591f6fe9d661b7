// What no loader takes, against target_other.bpf.c: types that disagree, and instructions that do not fit the fields.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct twice {
  int agreed;
  int disputed;
};
struct sized {
  __u32 grows;
};
struct far {
  int field;
};
#pragma clang attribute pop

SEC("xdp") __u64 disputed(void* ctx) { return bpf_core_field_offset(struct twice, disputed); }

SEC("xdp") __u64 half(struct sized* s) { return *(__u16*)__builtin_preserve_access_index(&s->grows); }

SEC("xdp") int beyond(struct far* s) { return s->field; }
