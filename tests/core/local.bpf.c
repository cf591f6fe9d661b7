// A program for each question that CO-RE answers. Compiled against these types, run against those of target_*.bpf.c;
// what each returns there is a row of core_test.cpp. Programs that take memory read it through the types.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

enum named { NAMED_ONE = 1, NAMED_TWO = 2, NAMED_GONE = 3 };
enum wide { WIDE_UP = 0x1ffffffffull, WIDE_GONE = 0x2ffffffffull };
enum below { BELOW_ZERO = -2, BELOW_GONE = -3 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct moved {
  int first;
  int second;
  int gone;
};
struct sized {
  __u32 grows;
  __u64 shrinks;
  int grows_signed;
  struct sized* pointer;
};
struct nested {
  int before;
  union {
    struct {
      int inner;
      int inner_too;
    };
    long other;
  };
  struct {
    int x;
    int y;
  } named;
};
struct arrays {
  int plain[4];
  struct {
    int x, y;
  } pairs[3];
  int last[];
};
struct bits {
  unsigned one : 1;
  int five : 5;
  unsigned becomes_plain : 7;
  int plain;
};
struct incompatible {
  int becomes_pointer;
  int becomes_struct;
  int* becomes_number;
  int becomes_array[2];
};
struct flavoured___mine {
  int field;
};
struct twice {
  int agreed;
};
struct absent {
  int field;
};
struct pruned {
  int both;
  int other_only;
};

#pragma clang attribute pop

union either {
  int a;
  long b;
};
typedef struct moved moved_alias;
typedef int (*callback)(struct moved*, long);
struct linked {
  struct linked* next;
  const char* name;
  enum named kind;
  int count;
};
struct opaque;
struct holder {
  struct opaque* hidden;
  union either* seen;
};

#define PROGRAM(name, value) \
  SEC("xdp") __u64 name(void* ctx) { return value; }
#define READER(name, type, value) \
  SEC("xdp") __u64 name(struct type* s) { return value; }

// Where fields are.
PROGRAM(offset_moved, bpf_core_field_offset(struct moved, second))
PROGRAM(offset_gone, bpf_core_field_offset(struct moved, gone))
PROGRAM(offset_inner, bpf_core_field_offset(struct nested, inner_too))
PROGRAM(offset_other, bpf_core_field_offset(struct nested, other))
PROGRAM(offset_named, bpf_core_field_offset(struct nested, named.y))
PROGRAM(offset_element, bpf_core_field_offset(struct arrays, plain[3]))
PROGRAM(offset_pair, bpf_core_field_offset(struct arrays, pairs[2].y))
PROGRAM(offset_beyond, bpf_core_field_offset(struct arrays, plain[1]))
PROGRAM(offset_flexible, bpf_core_field_offset(struct arrays, last[100]))
PROGRAM(offset_of_third, __builtin_preserve_field_info(((struct moved*)0)[2].second, 0))
PROGRAM(offset_flavoured, bpf_core_field_offset(struct flavoured___mine, field))
PROGRAM(offset_absent, bpf_core_field_offset(struct absent, field))
PROGRAM(offset_agreed, bpf_core_field_offset(struct twice, agreed))
PROGRAM(offset_incompatible, bpf_core_field_offset(struct incompatible, becomes_pointer))

// What else is to be known about a field.
PROGRAM(size_grown, bpf_core_field_size(struct sized, grows))
PROGRAM(size_array, bpf_core_field_size(struct arrays, plain))
PROGRAM(size_element, bpf_core_field_size(struct arrays, pairs[1]))
PROGRAM(size_absent, bpf_core_field_size(struct absent, field))
PROGRAM(signed_five, __builtin_preserve_field_info(((struct bits*)0)->five, BPF_FIELD_SIGNED))
PROGRAM(signed_plain, __builtin_preserve_field_info(((struct bits*)0)->plain, BPF_FIELD_SIGNED))
PROGRAM(lshift_five, __builtin_preserve_field_info(((struct bits*)0)->five, BPF_FIELD_LSHIFT_U64))
PROGRAM(rshift_five, __builtin_preserve_field_info(((struct bits*)0)->five, BPF_FIELD_RSHIFT_U64))
PROGRAM(size_five, __builtin_preserve_field_info(((struct bits*)0)->five, BPF_FIELD_BYTE_SIZE))
PROGRAM(exists_moved, bpf_core_field_exists(struct moved, second))
PROGRAM(exists_gone, bpf_core_field_exists(struct moved, gone))
PROGRAM(exists_absent, bpf_core_field_exists(struct absent, field))
PROGRAM(exists_pointer, bpf_core_field_exists(struct incompatible, becomes_pointer))
PROGRAM(exists_struct, bpf_core_field_exists(struct incompatible, becomes_struct))
PROGRAM(exists_number, bpf_core_field_exists(struct incompatible, becomes_number))
PROGRAM(exists_array, bpf_core_field_exists(struct incompatible, becomes_array))
PROGRAM(exists_beyond, bpf_core_field_exists(struct arrays, plain[1]))

// Whole types.
PROGRAM(type_exists, bpf_core_type_exists(struct moved))
PROGRAM(type_absent, bpf_core_type_exists(struct absent))
PROGRAM(type_flavoured, bpf_core_type_exists(struct flavoured___mine))
PROGRAM(type_alias, bpf_core_type_exists(moved_alias))
PROGRAM(type_callback, bpf_core_type_exists(callback))
PROGRAM(type_size, bpf_core_type_size(struct nested))
PROGRAM(type_size_absent, bpf_core_type_size(struct absent))
PROGRAM(type_matches, bpf_core_type_matches(struct linked))
PROGRAM(type_matches_not, bpf_core_type_matches(struct moved))
PROGRAM(type_matches_union, bpf_core_type_matches(union either))
PROGRAM(type_matches_enum, bpf_core_type_matches(enum named))
PROGRAM(type_matches_callback, bpf_core_type_matches(callback))
PROGRAM(type_matches_holder, bpf_core_type_matches(struct holder))
PROGRAM(type_matches_absent, bpf_core_type_matches(struct absent))
PROGRAM(type_id_local, bpf_core_type_id_local(struct linked) > 0)
PROGRAM(type_id_target, bpf_core_type_id_kernel(struct moved))
PROGRAM(type_id_absent, bpf_core_type_id_kernel(struct absent))

// Enumerators.
PROGRAM(value_two, bpf_core_enum_value(enum named, NAMED_TWO))
PROGRAM(value_gone, bpf_core_enum_value(enum named, NAMED_GONE))
PROGRAM(value_exists, bpf_core_enum_value_exists(enum named, NAMED_ONE))
PROGRAM(value_exists_gone, bpf_core_enum_value_exists(enum named, NAMED_GONE))
PROGRAM(value_wide, bpf_core_enum_value(enum wide, WIDE_UP))
PROGRAM(value_wide_gone, bpf_core_enum_value(enum wide, WIDE_GONE))
PROGRAM(value_below, bpf_core_enum_value(enum below, BELOW_ZERO))

// Loads and stores. Memory holds its own offset in each byte.
READER(load_moved, moved, s->second)
READER(load_gone, moved, s->gone)
READER(load_grown, sized, s->grows)
READER(load_shrunk, sized, s->shrinks)
READER(load_grown_signed, sized, s->grows_signed)
READER(load_pointer, sized, (__u64)s->pointer)
READER(load_bits, bits, (__u64)BPF_CORE_READ_BITFIELD(s, five))
READER(load_plain_bits, bits, (__u64)BPF_CORE_READ_BITFIELD(s, becomes_plain))

SEC("xdp") __u64 store_grown(struct sized* s) {
  __u64 at = (__u64)s + bpf_core_field_offset(struct sized, grows);
  asm volatile("" : "+r"(at));
  s->grows = 7;
  asm volatile("" ::: "memory");
  return *(__u64*)at;
}

// What is missing does not matter behind a question.
SEC("xdp") __u64 guarded(struct moved* s) {
  if (bpf_core_field_exists(s->gone)) return s->gone;
  return s->second;
}

// A candidate that one field rules out stays out.
SEC("xdp") __u64 pruning(struct pruned* s) {
  return bpf_core_field_exists(s->both) + bpf_core_field_exists(s->other_only) * 2;
}

static __attribute__((noinline)) __u64 deep(struct moved* s) {
  asm volatile("");
  return s->second;
}
SEC("xdp") __u64 in_a_subprogram(struct moved* s) { return deep(s) + s->first; }
