// The types that saya carries with it: what CO-RE finds where there is no kernel to ask. Contexts and packet headers as
// Linux 6.18 has them, and the helpers that saya has. Never loaded: clang makes BTF of it when saya is built, and
// src/bpf/program/own_types.cpp carries that.
#include <linux/bpf.h>
#include <linux/icmpv6.h>
#include <linux/if_ether.h>
#include <linux/igmp.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/mpls.h>
#include <linux/tcp.h>
#include <linux/udp.h>

// Headers that the kernel keeps to itself, and those that come with the C library's.
struct vlan_hdr {
  __be16 h_vlan_TCI;
  __be16 h_vlan_encapsulated_proto;
};
struct vlan_ethhdr {
  union {
    struct {
      unsigned char h_dest[ETH_ALEN];
      unsigned char h_source[ETH_ALEN];
    };
    struct {
      unsigned char h_dest[ETH_ALEN];
      unsigned char h_source[ETH_ALEN];
    } addrs;
  };
  __be16 h_vlan_proto;
  __be16 h_vlan_TCI;
  __be16 h_vlan_encapsulated_proto;
};
struct arphdr {
  __be16 ar_hrd;
  __be16 ar_pro;
  unsigned char ar_hln;
  unsigned char ar_pln;
  __be16 ar_op;
};
struct icmphdr {
  __u8 type;
  __u8 code;
  __sum16 checksum;
  union {
    struct {
      __be16 id;
      __be16 sequence;
    } echo;
    __be32 gateway;
    struct {
      __be16 __unused;
      __be16 mtu;
    } frag;
    __u8 reserved[4];
  } un;
};
struct frag_hdr {
  __u8 nexthdr;
  __u8 reserved;
  __be16 frag_off;
  __be32 identification;
};
struct gre_base_hdr {
  __be16 flags;
  __be16 protocol;
};
struct vxlanhdr {
  __be32 vx_flags;
  __be32 vx_vni;
};
struct sctphdr {
  __be16 source;
  __be16 dest;
  __be32 vtag;
  __le32 checksum;
};

// What changed since the headers of the oldest machine that builds saya. CO-RE takes what follows "___" for a flavour.
struct tcphdr___linux_6_18 {
  __be16 source;
  __be16 dest;
  __be32 seq;
  __be32 ack_seq;
  __u16 ae : 1;
  __u16 res1 : 3;
  __u16 doff : 4;
  __u16 fin : 1;
  __u16 syn : 1;
  __u16 rst : 1;
  __u16 psh : 1;
  __u16 ack : 1;
  __u16 urg : 1;
  __u16 ece : 1;
  __u16 cwr : 1;
  __be16 window;
  __sum16 check;
  __be16 urg_ptr;
};
struct bpf_fib_lookup___linux_6_18 {
  __u8 family;
  __u8 l4_protocol;
  __be16 sport;
  __be16 dport;
  union {
    __u16 tot_len;
    __u16 mtu_result;
  };
  __u32 ifindex;
  union {
    __u8 tos;
    __be32 flowinfo;
    __u32 rt_metric;
  };
  union {
    __be32 ipv4_src;
    __u32 ipv6_src[4];
  };
  union {
    __be32 ipv4_dst;
    __u32 ipv6_dst[4];
  };
  union {
    struct {
      __be16 h_vlan_proto;
      __be16 h_vlan_TCI;
    };
    __u32 tbid;
  };
  union {
    struct {
      __u32 mark;
    };
    struct {
      __u8 smac[6];
      __u8 dmac[6];
    };
  };
};
struct bpf_timer___linux_6_18 {
  __u64 __opaque[2];
} __attribute__((aligned(8)));
struct bpf_dynptr___linux_6_18 {
  __u64 __opaque[2];
} __attribute__((aligned(8)));
// What a pointer to a map leads to. Only the members of src/bpf/program/map_members.def are more than zeroes here.
struct bpf_map___linux_6_18 {
  __u8 sha[32];
  __u32 excl;
  void* ops;
  void* inner_map_meta;
  void* security;
  enum bpf_map_type map_type;
  __u32 key_size;
  __u32 value_size;
  __u32 max_entries;
  __u64 map_extra;
  __u32 map_flags;
  __u32 id;
  void* record;
  int numa_node;
  __u32 btf_key_type_id;
  __u32 btf_value_type_id;
  __u32 btf_vmlinux_value_type_id;
  void* btf;
  void* objcg;
  char name[BPF_OBJ_NAME_LEN];
  __u64 freeze_mutex[4];
  __u64 refcnt;
  __u64 usercnt;
  union {
    __u64 work[4];
    __u64 rcu[2];
  };
  __u64 writecnt;
  __u32 owner_lock;
  void* owner;
  _Bool bypass_spec_v1;
  _Bool frozen;
  __u8 init_private;
  _Bool free_after_mult_rcu_gp;
  _Bool free_after_rcu_gp;
  __u64 sleepable_refcnt;
  void* elem_count;
  __u64 cookie;
  void* excl_prog_sha;
};
enum tcx_action_base {
  TCX_NEXT = -1,
  TCX_PASS = 0,
  TCX_DROP = 2,
  TCX_REDIRECT = 7,
};

// A program that asks whether a helper exists takes the way that can be run here.
enum bpf_func_id___saya {
#define SAYA_HELPER(id, name, ...) BPF_FUNC_##name##___saya = id,
#include "helper/helpers.def"
};

// A variable of each type puts the type into the BTF.
#define SAYA_JOIN2(a, b) a##b
#define SAYA_JOIN(a, b) SAYA_JOIN2(a, b)
#define SAYA_CARRY(type) type SAYA_JOIN(carried_, __COUNTER__)

SAYA_CARRY(struct xdp_md);
SAYA_CARRY(struct __sk_buff);
SAYA_CARRY(struct bpf_sock);
SAYA_CARRY(struct bpf_tcp_sock);
SAYA_CARRY(struct bpf_xdp_sock);
SAYA_CARRY(struct bpf_sock_tuple);
SAYA_CARRY(struct bpf_tunnel_key);
SAYA_CARRY(struct bpf_xfrm_state);
SAYA_CARRY(struct bpf_flow_keys);
SAYA_CARRY(struct bpf_redir_neigh);
SAYA_CARRY(struct bpf_fib_lookup___linux_6_18);
SAYA_CARRY(struct bpf_spin_lock);
SAYA_CARRY(struct bpf_timer___linux_6_18);
SAYA_CARRY(struct bpf_dynptr___linux_6_18);
SAYA_CARRY(struct bpf_map___linux_6_18);
SAYA_CARRY(struct bpf_devmap_val);
SAYA_CARRY(struct bpf_cpumap_val);
SAYA_CARRY(struct ethhdr);
SAYA_CARRY(struct vlan_hdr);
SAYA_CARRY(struct vlan_ethhdr);
SAYA_CARRY(struct arphdr);
SAYA_CARRY(struct iphdr);
SAYA_CARRY(struct ip_auth_hdr);
SAYA_CARRY(struct ip_esp_hdr);
SAYA_CARRY(struct ipv6hdr);
SAYA_CARRY(struct ipv6_opt_hdr);
SAYA_CARRY(struct ipv6_rt_hdr);
SAYA_CARRY(struct frag_hdr);
SAYA_CARRY(struct in_addr);
SAYA_CARRY(struct in6_addr);
SAYA_CARRY(struct sockaddr_in);
SAYA_CARRY(struct sockaddr_in6);
SAYA_CARRY(struct icmphdr);
SAYA_CARRY(struct icmp6hdr);
SAYA_CARRY(struct igmphdr);
SAYA_CARRY(struct tcphdr___linux_6_18);
SAYA_CARRY(struct udphdr);
SAYA_CARRY(struct sctphdr);
SAYA_CARRY(struct gre_base_hdr);
SAYA_CARRY(struct vxlanhdr);
SAYA_CARRY(struct mpls_label);
SAYA_CARRY(enum xdp_action);
SAYA_CARRY(enum tcx_action_base);
SAYA_CARRY(enum bpf_func_id___saya);
SAYA_CARRY(enum bpf_map_type);
SAYA_CARRY(enum bpf_prog_type);
SAYA_CARRY(enum bpf_attach_type);
SAYA_CARRY(enum bpf_adj_room_mode);
SAYA_CARRY(enum bpf_hdr_start_off);
SAYA_CARRY(enum bpf_ret_code);
SAYA_CARRY(enum bpf_check_mtu_flags);
SAYA_CARRY(enum bpf_check_mtu_ret);
