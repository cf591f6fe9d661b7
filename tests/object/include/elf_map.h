// struct bpf_elf_map as <iproute2/bpf_elf.h> has it, for machines without iproute2.
#pragma once

#include <linux/types.h>

#define PIN_OBJECT_NS 1
#define PIN_GLOBAL_NS 2

struct bpf_elf_map {
  __u32 type, size_key, size_value, max_elem, flags, id, pinning, inner_id, inner_idx;
};

/// Tells BTF the types of a map's key and value.
#define ANNOTATE_KEY_AND_VALUE(name, key_type, value_type) \
  struct ____btf_map_##name {                              \
    key_type key;                                          \
    value_type value;                                      \
  } ____btf_map_##name __attribute__((section(".maps." #name), used)) = {}
