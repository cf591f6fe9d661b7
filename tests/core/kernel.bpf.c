// What programs ask the running kernel's own types, by flavours where kernels differ.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct net_device {
  int ifindex;
  unsigned int mtu;
  char name[16];
};
struct sk_buff {
  union {
    struct {
      struct net_device* dev;
    };
  };
  unsigned int len;
  __u16 network_header;
  __u8 pkt_type : 3;
};
struct sk_buff___before_4_20 {
  __u8 vlan_tag_present : 1;
};
struct task_struct {
  int pid;
  struct task_struct* parent;
};
struct task_struct___other {
  long state;
};
#pragma clang attribute pop

SEC("tc") int of_a_packet(struct __sk_buff* ctx) {
  struct sk_buff* skb = (void*)ctx;
  struct net_device* device = BPF_CORE_READ(skb, dev);
  __u16 network = BPF_CORE_READ(skb, network_header);
  __u64 kind = BPF_CORE_READ_BITFIELD_PROBED(skb, pkt_type);
  return (int)(BPF_CORE_READ(device, ifindex) + network + kind + bpf_core_field_offset(device->name[3]));
}

SEC("tc") int of_another_kernel(struct __sk_buff* ctx) {
  struct sk_buff___before_4_20* skb = (void*)ctx;
  struct task_struct___other* task = (void*)ctx;
  if (bpf_core_field_exists(skb->vlan_tag_present)) return (int)BPF_CORE_READ_BITFIELD_PROBED(skb, vlan_tag_present);
  if (bpf_core_field_exists(task->state)) return (int)BPF_CORE_READ(task, state);
  return (int)bpf_core_type_size(struct task_struct);
}

SEC("tc") int of_helpers(struct __sk_buff* ctx) {
  return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_redirect) +
         bpf_core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_HASH) + bpf_core_type_exists(struct bpf_sock_tuple);
}

char _license[] SEC("license") = "GPL";
