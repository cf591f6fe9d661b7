// Global variables of the types that the command line can set, and some that it cannot.
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_helpers.h>

enum mode { OFF, LEARN, ENFORCE = 70000 };
enum level { LOW = -3, HIGH = 3 };
enum wide { SMALL = 1, LARGE = 0x100000000 };

struct port_range {
  __u16 first, last;
};

struct config {
  enum mode mode;
  __u8 flag : 1, level : 3;
  signed char offset;
  union {
    __u32 address;
    __u8 bytes[4];
  };
  struct port_range ranges[2];
  const char* name;
  int deep : 20;
};

const volatile __u8 byte = 1;
const volatile __s8 signed_byte;
const volatile __u16 ports[4] = {22, 80, 443, 8080};
const volatile __s64 large;
const volatile __u64 unsigned_large;
const volatile bool enabled;
const volatile char letter = 'a';
const volatile char name[8] = "default";
const volatile __u8 mac[6];
const volatile int matrix[2][3];
const volatile enum mode mode;
const volatile enum level level = HIGH;
const volatile enum wide wide;
const volatile float ratio;

volatile struct config config = {
    .mode = LEARN, .ranges = {{1, 2}, {3, 4}}
};
volatile __u64 counters[3];
volatile __u32 tuned SEC(".data.tuning") = 9;

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16);
  __type(key, __u32);
  __type(value, __u64);
} flows SEC(".maps");

SEC("xdp")
int verdict(struct xdp_md* ctx) {
  static volatile int calls = 4;
  __u32 key = ports[ctx->rx_queue_index & 3];
  calls++;
  counters[1] += tuned;
  if (config.mode == ENFORCE || byte == 200 || calls > 1000) return XDP_DROP;
  return bpf_map_lookup_elem(&flows, &key) ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
