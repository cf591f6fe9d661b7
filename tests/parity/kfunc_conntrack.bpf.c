// Connections: made, looked up, changed. Ports are random and connections end soon, since the kernel's table is not
// emptied between runs; neither shows in what a program answers.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_ct_opts {
  __s32 netns_id;
  __s32 error;
  __u8 l4proto;
  __u8 dir;
  __u16 ct_zone_id;
  __u8 ct_zone_dir;
  __u8 reserved[3];
};
union nf_inet_addr {
  __u32 all[4];
  __u32 ip;
  __u32 ip6[4];
};
enum nf_nat_manip_type { NF_NAT_MANIP_SRC, NF_NAT_MANIP_DST };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct nf_conn {
  unsigned long status;
  __u32 timeout;
  __u32 mark;
};
struct nf_conn___init {
  struct nf_conn ct;
};
#pragma clang attribute pop

extern struct nf_conn* bpf_skb_ct_lookup(struct __sk_buff*, struct bpf_sock_tuple*, __u32, struct bpf_ct_opts*,
                                         __u32) __ksym;
extern struct nf_conn___init* bpf_skb_ct_alloc(struct __sk_buff*, struct bpf_sock_tuple*, __u32, struct bpf_ct_opts*,
                                               __u32) __ksym;
extern struct nf_conn* bpf_xdp_ct_lookup(struct xdp_md*, struct bpf_sock_tuple*, __u32, struct bpf_ct_opts*,
                                         __u32) __ksym;
extern struct nf_conn___init* bpf_xdp_ct_alloc(struct xdp_md*, struct bpf_sock_tuple*, __u32, struct bpf_ct_opts*,
                                               __u32) __ksym;
extern struct nf_conn* bpf_ct_insert_entry(struct nf_conn___init*) __ksym;
extern void bpf_ct_release(struct nf_conn*) __ksym;
extern void bpf_ct_set_timeout(struct nf_conn___init*, __u32) __ksym;
extern int bpf_ct_change_timeout(struct nf_conn*, __u32) __ksym;
extern int bpf_ct_set_status(const struct nf_conn___init*, __u32) __ksym;
extern int bpf_ct_change_status(struct nf_conn*, __u32) __ksym;
extern int bpf_ct_set_nat_info(struct nf_conn___init*, union nf_inet_addr*, int, enum nf_nat_manip_type) __ksym;

#define UDP 17
#define TCP 6
#define SHORT 8  // Milliseconds.

static void make_tuple(struct bpf_sock_tuple* tuple) {
  __builtin_memset(tuple, 0, sizeof *tuple);
  tuple->ipv4.saddr = 0x0100fe0a;
  tuple->ipv4.daddr = 0x0200fe0a;
  tuple->ipv4.sport = bpf_get_prandom_u32();
  tuple->ipv4.dport = bpf_get_prandom_u32();
}
static void turn(struct bpf_sock_tuple* tuple) {
  const __u32 address = tuple->ipv4.saddr;
  const __u16 port = tuple->ipv4.sport;
  tuple->ipv4.saddr = tuple->ipv4.daddr;
  tuple->ipv4.daddr = address;
  tuple->ipv4.sport = tuple->ipv4.dport;
  tuple->ipv4.dport = port;
}

#define LOOK_UP(tuple_size, options_size, ...)                                             \
  struct bpf_ct_opts options = __VA_ARGS__;                                                \
  struct bpf_sock_tuple tuple;                                                             \
  make_tuple(&tuple);                                                                      \
  struct nf_conn* ct = bpf_skb_ct_lookup(skb, &tuple, tuple_size, &options, options_size); \
  if (ct) bpf_ct_release(ct);                                                              \
  return ct ? 1 : options.error

#define MAKE(tuple_size, options_size, ...)                                                      \
  struct bpf_ct_opts options = __VA_ARGS__;                                                      \
  struct bpf_sock_tuple tuple;                                                                   \
  make_tuple(&tuple);                                                                            \
  struct nf_conn___init* ct = bpf_skb_ct_alloc(skb, &tuple, tuple_size, &options, options_size); \
  if (!ct) return options.error;                                                                 \
  bpf_ct_set_timeout(ct, SHORT);                                                                 \
  struct nf_conn* in = bpf_ct_insert_entry(ct);                                                  \
  if (in) bpf_ct_release(in);                                                                    \
  return in != 0

#define V4 sizeof(tuple.ipv4)
#define V6 sizeof(tuple.ipv6)
#define EACH(name, tuple_size, options_size, ...)                                                                    \
  SEC("tc") int bpf_skb_ct_lookup__##name(struct __sk_buff* skb) { LOOK_UP(tuple_size, options_size, __VA_ARGS__); } \
  SEC("tc") int bpf_skb_ct_alloc__##name(struct __sk_buff* skb) { MAKE(tuple_size, options_size, __VA_ARGS__); }

EACH(of_udp, V4, 16, {.netns_id = -1, .l4proto = UDP})
EACH(of_tcp, V4, 16, {.netns_id = -1, .l4proto = TCP})
EACH(of_ipv6, V6, 16, {.netns_id = -1, .l4proto = UDP})
EACH(with_short_options, V4, 12, {.netns_id = -1, .l4proto = UDP})
EACH(with_a_zone_in_short_options, V4, 12, {.netns_id = -1, .l4proto = UDP, .ct_zone_id = 1})
EACH(with_options_of_14_bytes, V4, 14, {.netns_id = -1, .l4proto = UDP})
EACH(with_reserved_bytes, V4, 16,
     {
         .netns_id = -1, .l4proto = UDP, .reserved = {0, 0, 1}
})
EACH(with_a_netns_below_all, V4, 16, {.netns_id = -2, .l4proto = UDP})
EACH(with_a_netns_that_is_not, V4, 16, {.netns_id = 30000, .l4proto = UDP})
EACH(of_icmp, V4, 16, {.netns_id = -1, .l4proto = 1})
EACH(with_a_tuple_of_8_bytes, 8, 16, {.netns_id = -1, .l4proto = UDP})
EACH(with_a_zone, V4, 16, {.netns_id = -1, .l4proto = UDP, .ct_zone_id = 9})

SEC("tc")
int bpf_skb_ct_lookup__without_a_tuple(struct __sk_buff* skb) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct nf_conn* ct = bpf_skb_ct_lookup(skb, 0, 0, &options, sizeof options);
  if (ct) bpf_ct_release(ct);
  return options.error;
}

/// A connection that is in the table until this run is long over; null with an error.
static struct nf_conn* in_table(struct __sk_buff* skb, struct bpf_sock_tuple* tuple, __u32 status) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  make_tuple(tuple);
  struct nf_conn___init* ct = bpf_skb_ct_alloc(skb, tuple, sizeof tuple->ipv4, &options, sizeof options);
  if (!ct) return 0;
  bpf_ct_set_timeout(ct, 1000);
  if (status) bpf_ct_set_status(ct, status);
  return bpf_ct_insert_entry(ct);
}

SEC("tc")
int bpf_skb_ct_lookup__finds_both_ends(struct __sk_buff* skb) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP, .dir = 7};
  struct bpf_sock_tuple tuple;
  int answer = 0;
  struct nf_conn* ct = in_table(skb, &tuple, 0);
  if (!ct) return -1;
  bpf_ct_release(ct);
  ct = bpf_skb_ct_lookup(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (ct) {
    answer = 1 | options.dir << 4 | options.ct_zone_dir << 8;
    bpf_ct_release(ct);
  }
  turn(&tuple);
  ct = bpf_skb_ct_lookup(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (ct) {
    answer |= 1 << 16 | options.dir << 20;
    bpf_ct_release(ct);
  }
  return answer;
}

SEC("tc")
int bpf_skb_ct_lookup__keeps_protocols_and_zones_apart(struct __sk_buff* skb) {
  struct bpf_ct_opts tcp = {.netns_id = -1, .l4proto = TCP}, zone = {.netns_id = -1, .l4proto = UDP, .ct_zone_id = 3};
  struct bpf_sock_tuple tuple;
  struct nf_conn* ct = in_table(skb, &tuple, 0);
  if (!ct) return -1;
  bpf_ct_release(ct);
  ct = bpf_skb_ct_lookup(skb, &tuple, sizeof tuple.ipv4, &tcp, sizeof tcp);
  if (ct) bpf_ct_release(ct);
  ct = bpf_skb_ct_lookup(skb, &tuple, sizeof tuple.ipv4, &zone, sizeof zone);
  if (ct) bpf_ct_release(ct);
  return tcp.error * 1000 + zone.error;
}

SEC("tc")
int bpf_ct_release__lets_a_connection_be_found_again(struct __sk_buff* skb) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct bpf_sock_tuple tuple;
  struct nf_conn* ct = in_table(skb, &tuple, 0);
  if (!ct) return -1;
  struct nf_conn* again = bpf_skb_ct_lookup(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  bpf_ct_release(ct);
  if (!again) return options.error;
  const int status = (int)again->status;
  bpf_ct_release(again);
  return status;
}

SEC("tc")
int bpf_ct_insert_entry__once_only(struct __sk_buff* skb) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct bpf_sock_tuple tuple;
  struct nf_conn* ct = in_table(skb, &tuple, 0);
  if (!ct) return -1;
  bpf_ct_release(ct);
  turn(&tuple);
  struct nf_conn___init* other = bpf_skb_ct_alloc(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!other) return options.error;
  ct = bpf_ct_insert_entry(other);
  if (ct) bpf_ct_release(ct);
  return ct == 0;
}

SEC("tc")
int bpf_skb_ct_alloc__has_no_status(struct __sk_buff* skb) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct bpf_sock_tuple tuple;
  make_tuple(&tuple);
  struct nf_conn___init* fresh = bpf_skb_ct_alloc(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!fresh) return options.error;
  const int status = (int)fresh->ct.status;
  bpf_ct_set_timeout(fresh, SHORT);
  struct nf_conn* ct = bpf_ct_insert_entry(fresh);
  if (ct) bpf_ct_release(ct);
  return status;
}

SEC("xdp")
int bpf_xdp_ct_alloc__and_insert(struct xdp_md* xdp) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = TCP};
  struct bpf_sock_tuple tuple;
  make_tuple(&tuple);
  struct nf_conn___init* fresh = bpf_xdp_ct_alloc(xdp, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!fresh) return options.error;
  bpf_ct_set_timeout(fresh, 1000);
  struct nf_conn* ct = bpf_ct_insert_entry(fresh);
  if (!ct) return -2;
  const int status = (int)ct->status;
  bpf_ct_release(ct);
  return status;
}

SEC("xdp")
int bpf_xdp_ct_lookup__of_nothing(struct xdp_md* xdp) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = TCP};
  struct bpf_sock_tuple tuple;
  make_tuple(&tuple);
  struct nf_conn* ct = bpf_xdp_ct_lookup(xdp, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (ct) bpf_ct_release(ct);
  return options.error;
}

SEC("tc")
int bpf_ct_set_timeout__is_relative_before(struct __sk_buff* skb) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct bpf_sock_tuple tuple;
  make_tuple(&tuple);
  struct nf_conn___init* ct = bpf_skb_ct_alloc(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!ct) return -1;
  const int before = (int)ct->ct.timeout;
  bpf_ct_set_timeout(ct, 1001);
  const int after = (int)ct->ct.timeout;
  struct nf_conn* in = bpf_ct_insert_entry(ct);
  if (in) bpf_ct_release(in);
  return before << 16 | after;
}

SEC("tc")
int bpf_ct_set_timeout__has_a_greatest(struct __sk_buff* skb) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct bpf_sock_tuple tuple;
  make_tuple(&tuple);
  struct nf_conn___init* ct = bpf_skb_ct_alloc(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!ct) return -1;
  bpf_ct_set_timeout(ct, 0x7fffffff);
  const int most = (int)ct->ct.timeout;
  bpf_ct_set_timeout(ct, 0x80000000);
  const int beyond = (int)ct->ct.timeout;
  bpf_ct_set_timeout(ct, SHORT);
  struct nf_conn* in = bpf_ct_insert_entry(ct);
  if (in) bpf_ct_release(in);
  return most ^ beyond << 1;
}

SEC("tc")
int bpf_ct_change_timeout__to_soon(struct __sk_buff* skb) {
  struct bpf_sock_tuple tuple;
  struct nf_conn* ct = in_table(skb, &tuple, 0);
  if (!ct) return -1;
  const __u32 before = ct->timeout;
  const int error = bpf_ct_change_timeout(ct, 100);
  const __u32 after = ct->timeout;
  bpf_ct_release(ct);
  return error ? error : after < before;
}

SEC("tc")
int bpf_ct_change_timeout__EPERM_fixed(struct __sk_buff* skb) {
  struct bpf_sock_tuple tuple;
  struct nf_conn* ct = in_table(skb, &tuple, 0x400);
  if (!ct) return -1;
  const int error = bpf_ct_change_timeout(ct, 100);
  bpf_ct_release(ct);
  return error;
}

SEC("tc")
int bpf_ct_change_timeout__to_nothing_ends_it(struct __sk_buff* skb) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct bpf_sock_tuple tuple;
  struct nf_conn* ct = in_table(skb, &tuple, 0);
  if (!ct) return -1;
  const int error = bpf_ct_change_timeout(ct, 0);
  bpf_ct_release(ct);
  ct = bpf_skb_ct_lookup(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (ct) bpf_ct_release(ct);
  return error ? error : options.error;
}

static int status_before(struct __sk_buff* skb, __u32 first, __u32 status) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct bpf_sock_tuple tuple;
  make_tuple(&tuple);
  struct nf_conn___init* ct = bpf_skb_ct_alloc(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!ct) return -1;
  bpf_ct_set_timeout(ct, SHORT);
  if (first) bpf_ct_set_status(ct, first);
  const int error = bpf_ct_set_status(ct, status);
  const int now = (int)ct->ct.status;
  struct nf_conn* in = bpf_ct_insert_entry(ct);
  if (in) bpf_ct_release(in);
  return error ? error : now;
}
static int status_after(struct __sk_buff* skb, __u32 first, __u32 status) {
  struct bpf_sock_tuple tuple;
  struct nf_conn* ct = in_table(skb, &tuple, first);
  if (!ct) return -1;
  const int error = bpf_ct_change_status(ct, status);
  const int now = (int)ct->status;
  bpf_ct_release(ct);
  return error ? error : now;
}

#define STATUS(function, name, body) \
  SEC("tc") int function##__##name(struct __sk_buff* skb) { return body; }

STATUS(bpf_ct_set_status, of_none, status_before(skb, 0, 0))
STATUS(bpf_ct_set_status, of_a_reply, status_before(skb, 0, 2))
STATUS(bpf_ct_set_status, of_all_that_may_be_set, status_before(skb, 0, 0x2406))
STATUS(bpf_ct_set_status, of_what_is_not_a_programs, status_before(skb, 0, 0xd9f0))
SEC("tc")
int bpf_ct_set_status__EBUSY_expected(struct __sk_buff* skb) { return status_before(skb, 0, 1); }
SEC("tc")
int bpf_ct_set_status__EBUSY_confirmed(struct __sk_buff* skb) { return status_before(skb, 0, 8); }
SEC("tc")
int bpf_ct_set_status__EBUSY_no_reply(struct __sk_buff* skb) { return status_before(skb, 2, 0); }
STATUS(bpf_ct_change_status, of_a_reply, status_after(skb, 0, 0xa))
STATUS(bpf_ct_change_status, of_a_second_bit, status_after(skb, 2, 0xe))
SEC("tc")
int bpf_ct_change_status__EBUSY_unconfirmed(struct __sk_buff* skb) { return status_after(skb, 0, 0); }
SEC("tc")
int bpf_ct_change_status__EBUSY_dying(struct __sk_buff* skb) { return status_after(skb, 0, 0x208); }
SEC("tc")
int bpf_ct_change_status__EBUSY_not_assured(struct __sk_buff* skb) { return status_after(skb, 4, 8); }

SEC("tc")
int bpf_ct_insert_entry__keeps_a_mark(struct __sk_buff* skb) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct bpf_sock_tuple tuple;
  make_tuple(&tuple);
  struct nf_conn___init* fresh = bpf_skb_ct_alloc(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!fresh) return -1;
  bpf_ct_set_timeout(fresh, 1000);
  fresh->ct.mark = 77;
  struct nf_conn* ct = bpf_ct_insert_entry(fresh);
  if (!ct) return -2;
  ct->mark += 1;
  bpf_ct_release(ct);
  ct = bpf_skb_ct_lookup(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!ct) return options.error;
  const int mark = (int)ct->mark;
  bpf_ct_release(ct);
  return mark;
}

static int translated(struct __sk_buff* skb, enum nf_nat_manip_type side, int port) {
  struct bpf_ct_opts options = {.netns_id = -1, .l4proto = UDP};
  struct bpf_sock_tuple tuple;
  union nf_inet_addr address = {.ip = 0x0300fe0a};
  make_tuple(&tuple);
  struct nf_conn___init* fresh = bpf_skb_ct_alloc(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!fresh) return -1;
  bpf_ct_set_timeout(fresh, 1000);
  const int error = bpf_ct_set_nat_info(fresh, &address, port, side);
  struct nf_conn* ct = bpf_ct_insert_entry(fresh);
  if (!ct) return -2;
  const int status = (int)ct->status;
  bpf_ct_release(ct);
  turn(&tuple);
  if (side == NF_NAT_MANIP_SRC) {
    tuple.ipv4.daddr = address.ip;
    if (port) tuple.ipv4.dport = __builtin_bswap16((__u16)port);
  } else {
    tuple.ipv4.saddr = address.ip;
    if (port) tuple.ipv4.sport = __builtin_bswap16((__u16)port);
  }
  ct = bpf_skb_ct_lookup(skb, &tuple, sizeof tuple.ipv4, &options, sizeof options);
  if (!ct) return options.error;
  bpf_ct_release(ct);
  return status | options.dir << 16 | (error != 0) << 20;
}

SEC("tc")
int bpf_ct_set_nat_info__of_the_source(struct __sk_buff* skb) { return translated(skb, NF_NAT_MANIP_SRC, 4000); }
SEC("tc")
int bpf_ct_set_nat_info__of_the_destination(struct __sk_buff* skb) { return translated(skb, NF_NAT_MANIP_DST, 4001); }
SEC("tc")
int bpf_ct_set_nat_info__without_a_port(struct __sk_buff* skb) { return translated(skb, NF_NAT_MANIP_DST, 0); }

char _license[] SEC("license") = "GPL";
