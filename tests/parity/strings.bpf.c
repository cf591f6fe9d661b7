// Numbers from text, texts compared, text from values.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct number {
  char text[72];
  __u64 flags;
};
const volatile struct number numbers[] = {
    {"0",                                                                     0         },
    {"7 apples",                                                              0         },
    {"  42",                                                                  10        },
    {"\t\n\v\f\r 1",                                                          0         },
    {"-5",                                                                    0         },
    {"- 5",                                                                   0         },
    {"+5",                                                                    0         },
    {"",                                                                      0         },
    {"   ",                                                                   0         },
    {"-",                                                                     0         },
    {"0x1fz",                                                                 0         },
    {"0X1F",                                                                  0         },
    {"0xg",                                                                   0         },
    {"017",                                                                   0         },
    {"018",                                                                   0         },
    {"08",                                                                    0         },
    {"-0x10",                                                                 0         },
    {"ff",                                                                    16        },
    {"0xff",                                                                  16        },
    {"FfFf",                                                                  16        },
    {"777",                                                                   8         },
    {"789",                                                                   8         },
    {"10",                                                                    2         },
    {"10",                                                                    36        },
    {"10",                                                                    32        },
    {"10",                                                                    1ull << 40},
    {"0x",                                                                    16        },
    {"0x",                                                                    0         },
    {"9223372036854775807",                                                   10        },
    {"9223372036854775808",                                                   10        },
    {"-9223372036854775808",                                                  10        },
    {"-9223372036854775809",                                                  10        },
    {"18446744073709551615",                                                  10        },
    {"18446744073709551616",                                                  10        },
    {"-18446744073709551615",                                                 10        },
    {"ffffffffffffffff",                                                      16        },
    {"10000000000000000",                                                     16        },
    {"1777777777777777777777",                                                8         },
    {"000000000000000000000000000000000000000000000000000000000000000000001", 10        },
    {"\240"
     "5",                                                                0         },
    {"99999999999999999999999999999999",                                      10        },
    {"-0",                                                                    0         },
};
#define NUMBERS (sizeof numbers / sizeof numbers[0])

struct parsed {
  __s64 consumed, value;
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct parsed);
  __uint(max_entries, 128);
} parsed SEC(".maps");

SEC("tc")
int strtol__of_a_table(struct __sk_buff* skb) {
  for (__u32 i = 0; i < NUMBERS; ++i) {
    __u32 key = i;
    struct parsed* to = bpf_map_lookup_elem(&parsed, &key);
    if (!to) return -1;
    long value = 77;
    to->consumed = bpf_strtol((const char*)numbers[i].text, sizeof numbers[i].text, numbers[i].flags, &value);
    to->value = value;
  }
  return 0;
}

SEC("tc")
int strtoul__of_a_table(struct __sk_buff* skb) {
  for (__u32 i = 0; i < NUMBERS; ++i) {
    __u32 key = 64 + i;
    struct parsed* to = bpf_map_lookup_elem(&parsed, &key);
    if (!to) return -1;
    unsigned long value = 77;
    to->consumed = bpf_strtoul((const char*)numbers[i].text, sizeof numbers[i].text, numbers[i].flags, &value);
    to->value = (__s64)value;
  }
  return 0;
}

SEC("xdp")
int strtol__EINVAL(struct xdp_md* xdp) {
  char text[] = "z";
  long value;
  return (int)bpf_strtol(text, 1, 0, &value);
}
SEC("xdp")
int strtol__ERANGE(struct xdp_md* xdp) {
  char text[] = "9223372036854775808";
  long value;
  return (int)bpf_strtol(text, 19, 0, &value);
}
SEC("xdp")
int strtol__without_a_NUL(struct xdp_md* xdp) {
  char text[] = "12345";
  long value;
  return (int)bpf_strtol(text, 3, 0, &value);
}
SEC("xdp")
int strtoul__EINVAL(struct xdp_md* xdp) {
  char text[] = "-1";
  unsigned long value;
  return (int)bpf_strtoul(text, 2, 0, &value);
}
SEC("xdp")
int strtoul__ERANGE(struct xdp_md* xdp) {
  char text[] = "18446744073709551616";
  unsigned long value;
  return (int)bpf_strtoul(text, 20, 0, &value);
}

SEC("tc")
int strncmp__equal(struct __sk_buff* skb) {
  char text[] = "packet";
  static const char other[] = "packet";
  return (int)bpf_strncmp(text, 7, other);
}
SEC("tc")
int strncmp__less(struct __sk_buff* skb) {
  char text[] = "packer";
  static const char other[] = "packet";
  return (int)bpf_strncmp(text, 7, other);
}
SEC("tc")
int strncmp__greater(struct __sk_buff* skb) {
  char text[] = "packets";
  static const char other[] = "packet";
  return (int)bpf_strncmp(text, 8, other);
}
SEC("tc")
int strncmp__as_far_as_it_goes(struct __sk_buff* skb) {
  char text[] = "packets";
  static const char other[] = "packet";
  return (int)bpf_strncmp(text, 6, other);
}
SEC("tc")
int strncmp__shorter(struct __sk_buff* skb) {
  char text[] = "pack";
  static const char other[] = "packet";
  return (int)bpf_strncmp(text, 5, other);
}
SEC("tc")
int strncmp__bytes_are_unsigned(struct __sk_buff* skb) {
  char text[] = "\xff";
  static const char other[] = "a";
  return (int)bpf_strncmp(text, 2, other);
}

struct line {
  char text[64];
};
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct line);
  __uint(max_entries, 16);
} lines SEC(".maps");

static __always_inline char* line(__u32 number) { return bpf_map_lookup_elem(&lines, &number); }

#define PRINT(NAME, NUMBER, SIZE, FORMAT, VALUES, ...)                                                    \
  SEC("tc") int snprintf__##NAME(struct __sk_buff* skb) {                                                 \
    static const char format[] = FORMAT;                                                                  \
    __u64 values[] = {__VA_ARGS__};                                                                       \
    char* to = line(NUMBER);                                                                              \
    return to ? (int)bpf_snprintf(to, SIZE, format, VALUES ? values : NULL, VALUES * sizeof(__u64)) : -1; \
  }
PRINT(plain, 0, 64, "hello", 0, 0)
PRINT(numbers, 1, 64, "%d %u %x %llX", 4, (__u64)-7, 8, 0xbeef, 0xfeedface0000beef)
PRINT(that_does_not_fit, 2, 8, "%llu bytes", 1, 1234567890123)
PRINT(in_one_byte, 3, 1, "%d", 1, 42)
PRINT(padded, 4, 64, "[%5d|%-5d|%05d]", 3, 42, 42, 42)
PRINT(twelve, 5, 64, "%d%d%d%d%d%d%d%d%d%d%d%d", 12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)
PRINT(a_text, 6, 64, "<%s>", 1, (__u64)(long)"inner")
PRINT(more_values_than_needed, 7, 64, "%d", 2, 1, 2)

SEC("tc")
int snprintf__of_nothing(struct __sk_buff* skb) {
  static const char format[] = "four %d";
  __u64 values[] = {4};
  return (int)bpf_snprintf(NULL, 0, format, values, sizeof values);
}

SEC("tc")
int trace_vprintk__four_values(struct __sk_buff* skb) {
  static const char format[] = "%d %d %d %d\n";
  __u64 values[] = {1, 22, 333, 4444};
  return (int)bpf_trace_vprintk(format, sizeof format, values, sizeof values);
}
SEC("tc")
int trace_vprintk__EINVAL(struct __sk_buff* skb) {
  static const char format[] = "%d\n";
  __u64 values[13] = {};
  return (int)bpf_trace_vprintk(format, sizeof format, values, sizeof values);
}

char _license[] SEC("license") = "GPL";
