// What a program must hand over to make a connection request. A test run's own socket is no listener.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_tcp_req_attrs {
  __u32 rcv_tsval;
  __u32 rcv_tsecr;
  __u16 mss;
  __u8 rcv_wscale;
  __u8 snd_wscale;
  __u8 ecn_ok;
  __u8 wscale_ok;
  __u8 sack_ok;
  __u8 tstamp_ok;
  __u8 usec_ts_ok;
  __u8 reserved[3];
};
struct sock;

extern int bpf_sk_assign_tcp_reqsk(struct __sk_buff* skb, struct sock* listener, struct bpf_tcp_req_attrs* attributes,
                                   int size) __ksym;

static struct sock* listener_of(struct __sk_buff* skb) {
  struct bpf_sock* const common = skb->sk;
  return common ? (struct sock*)bpf_sk_fullsock(common) : 0;
}

SEC("tc")
int bpf_sk_assign_tcp_reqsk__EINVAL_size(struct __sk_buff* skb) {
  struct bpf_tcp_req_attrs attributes = {.mss = 1460};
  struct sock* const listener = listener_of(skb);
  if (!listener) return -22;
  return bpf_sk_assign_tcp_reqsk(skb, listener, &attributes, sizeof attributes - 4);
}

SEC("tc")
int bpf_sk_assign_tcp_reqsk__EINVAL_reserved(struct __sk_buff* skb) {
  struct bpf_tcp_req_attrs attributes = {
      .mss = 1460, .reserved = {0, 1, 0}
  };
  struct sock* const listener = listener_of(skb);
  if (!listener) return -22;
  return bpf_sk_assign_tcp_reqsk(skb, listener, &attributes, sizeof attributes);
}

SEC("tc")
int bpf_sk_assign_tcp_reqsk__EINVAL_no_listener(struct __sk_buff* skb) {
  struct bpf_tcp_req_attrs attributes = {.mss = 1460};
  struct sock* const listener = listener_of(skb);
  if (!listener) return -22;
  return bpf_sk_assign_tcp_reqsk(skb, listener, &attributes, sizeof attributes);
}

char _license[] SEC("license") = "GPL";
