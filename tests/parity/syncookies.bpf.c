// Cookies that are made and checked without a listener. Their values are secret; sizes and errors are not.
#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

struct segment {
  struct tcphdr tcp;
  __u8 options[20];
};

static __attribute__((always_inline)) void fill4(struct iphdr* ip) {
  __builtin_memset(ip, 0, sizeof *ip);
  ip->version = 4;
  ip->ihl = 5;
  ip->saddr = bpf_htonl(0x0a000001);
  ip->daddr = bpf_htonl(0x0a000002);
}

static __attribute__((always_inline)) void fill6(struct ipv6hdr* ip) {
  __builtin_memset(ip, 0, sizeof *ip);
  ip->version = 6;
  ip->saddr.in6_u.u6_addr8[15] = 1;
  ip->daddr.in6_u.u6_addr8[15] = 2;
}

static __attribute__((always_inline)) void fill(struct segment* s, __u8 words) {
  __builtin_memset(s, 0, sizeof *s);
  s->tcp.source = bpf_htons(1000);
  s->tcp.dest = bpf_htons(80);
  s->tcp.seq = bpf_htonl(0x12345678);
  s->tcp.doff = words;
  s->tcp.syn = 1;
}

/// The segment size that a cookie stands for, with an MSS option of `mss` (0: none).
#define SIZE4(mss, words, bytes)                                                \
  struct iphdr ip;                                                              \
  struct segment s;                                                             \
  fill4(&ip);                                                                   \
  fill(&s, words);                                                              \
  MSS(mss);                                                                     \
  __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, bytes);            \
  return cookie < 0 ? (int)cookie : (int)(cookie >> 32)
#define SIZE6(mss, words, bytes)                                                \
  struct ipv6hdr ip;                                                            \
  struct segment s;                                                             \
  fill6(&ip);                                                                   \
  fill(&s, words);                                                              \
  MSS(mss);                                                                     \
  __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv6(&ip, &s.tcp, bytes);            \
  return cookie < 0 ? (int)cookie : (int)(cookie >> 32)
#define MSS(mss)                 \
  if (mss) {                     \
    s.options[0] = 1;            \
    s.options[1] = 2;            \
    s.options[2] = 4;            \
    s.options[3] = (mss) >> 8;   \
    s.options[4] = (mss) & 0xff; \
  }

SEC("xdp")
int tcp_raw_gen_syncookie_ipv4__without_a_size(struct xdp_md* ctx) { SIZE4(0, 5, 20); }
SEC("xdp")
int tcp_raw_gen_syncookie_ipv4__of_1460(struct xdp_md* ctx) { SIZE4(1460, 7, 28); }
SEC("xdp")
int tcp_raw_gen_syncookie_ipv4__of_9000(struct xdp_md* ctx) { SIZE4(9000, 7, 28); }
SEC("xdp")
int tcp_raw_gen_syncookie_ipv4__of_1459(struct xdp_md* ctx) { SIZE4(1459, 7, 28); }
SEC("tc")
int tcp_raw_gen_syncookie_ipv4__of_1300(struct __sk_buff* ctx) { SIZE4(1300, 7, 28); }
SEC("tc")
int tcp_raw_gen_syncookie_ipv4__of_100(struct __sk_buff* ctx) { SIZE4(100, 7, 28); }
SEC("tc")
int tcp_raw_gen_syncookie_ipv4__EINVAL_for_a_size(struct __sk_buff* ctx) { SIZE4(0, 5, 24); }
SEC("tc")
int tcp_raw_gen_syncookie_ipv4__EINVAL_for_a_short_header(struct __sk_buff* ctx) { SIZE4(0, 5, 16); }
SEC("tc")
int tcp_raw_gen_syncookie_ipv6__without_a_size(struct __sk_buff* ctx) { SIZE6(0, 5, 20); }
SEC("tc")
int tcp_raw_gen_syncookie_ipv6__of_1440(struct __sk_buff* ctx) { SIZE6(1440, 7, 28); }
SEC("xdp")
int tcp_raw_gen_syncookie_ipv6__of_9000(struct xdp_md* ctx) { SIZE6(9000, 7, 28); }
SEC("xdp")
int tcp_raw_gen_syncookie_ipv6__EINVAL(struct xdp_md* ctx) { SIZE6(0, 6, 20); }

SEC("xdp")
int tcp_raw_gen_syncookie_ipv4__passes_over_other_options(struct xdp_md* ctx) {
  struct iphdr ip;
  struct segment s;
  fill4(&ip);
  fill(&s, 10);
  s.options[0] = 8;
  s.options[1] = 10;
  s.options[10] = 2;
  s.options[11] = 4;
  s.options[12] = 5;
  s.options[13] = 0xb4;
  __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, 40);
  return (int)(cookie >> 32);
}

SEC("xdp")
int tcp_raw_gen_syncookie_ipv4__stops_at_a_silly_option(struct xdp_md* ctx) {
  struct iphdr ip;
  struct segment s;
  fill4(&ip);
  fill(&s, 7);
  s.options[0] = 8;
  s.options[1] = 1;
  s.options[2] = 2;
  s.options[3] = 4;
  s.options[4] = 5;
  s.options[5] = 0xb4;
  __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, 28);
  return (int)(cookie >> 32);
}

/// Answers the SYN of `s` with its cookie, plus `more`.
#define ANSWER(s, cookie, more)                                   \
  s.tcp.syn = 0;                                                  \
  s.tcp.ack = 1;                                                  \
  s.tcp.seq = bpf_htonl(0x12345679);                              \
  s.tcp.ack_seq = bpf_htonl((__u32)(cookie) + 1 + (more))

SEC("xdp")
int tcp_raw_check_syncookie_ipv4__of_a_cookie(struct xdp_md* ctx) {
  struct iphdr ip;
  struct segment s;
  fill4(&ip);
  fill(&s, 5);
  __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, 20);
  ANSWER(s, cookie, 0);
  return (int)bpf_tcp_raw_check_syncookie_ipv4(&ip, &s.tcp);
}

SEC("tc")
int tcp_raw_check_syncookie_ipv4__EACCES(struct __sk_buff* ctx) {
  struct iphdr ip;
  struct segment s;
  fill4(&ip);
  fill(&s, 5);
  __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv4(&ip, &s.tcp, 20);
  ANSWER(s, cookie, 0x800000);
  return (int)bpf_tcp_raw_check_syncookie_ipv4(&ip, &s.tcp);
}

SEC("tc")
int tcp_raw_check_syncookie_ipv6__of_a_cookie(struct __sk_buff* ctx) {
  struct ipv6hdr ip;
  struct segment s;
  fill6(&ip);
  fill(&s, 5);
  __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv6(&ip, &s.tcp, 20);
  ANSWER(s, cookie, 0);
  return (int)bpf_tcp_raw_check_syncookie_ipv6(&ip, &s.tcp);
}

SEC("xdp")
int tcp_raw_check_syncookie_ipv6__EACCES(struct xdp_md* ctx) {
  struct ipv6hdr ip;
  struct segment s;
  fill6(&ip);
  fill(&s, 5);
  __s64 cookie = bpf_tcp_raw_gen_syncookie_ipv6(&ip, &s.tcp, 20);
  ANSWER(s, cookie, 0);
  s.tcp.source = 0;
  return (int)bpf_tcp_raw_check_syncookie_ipv6(&ip, &s.tcp);
}

SEC("tc")
int tcp_check_syncookie__EINVAL_for_what_does_not_listen(struct __sk_buff* skb) {
  struct iphdr ip;
  struct segment s;
  struct bpf_sock* sk = skb->sk;
  if (!sk) return -22;
  fill4(&ip);
  fill(&s, 5);
  return (int)bpf_tcp_check_syncookie(sk, &ip, sizeof ip, &s.tcp, 20);
}

SEC("tc")
int tcp_gen_syncookie__EINVAL_for_what_does_not_listen(struct __sk_buff* skb) {
  struct iphdr ip;
  struct segment s;
  struct bpf_sock* sk = skb->sk;
  if (!sk) return -22;
  fill4(&ip);
  fill(&s, 5);
  return (int)bpf_tcp_gen_syncookie(sk, &ip, sizeof ip, &s.tcp, 20);
}

char _license[] SEC("license") = "GPL";
