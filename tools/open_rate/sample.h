/* What samples/bpf take from kernel headers that no package installs for user space: included before each sample. */
#include <asm/socket.h>
#include <linux/errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

struct vlan_hdr {
  __be16 h_vlan_TCI;
  __be16 h_vlan_encapsulated_proto;
};

#define __force
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define htons __builtin_bswap16
#define htonl __builtin_bswap32
#define memcpy __builtin_memcpy
#define AF_INET 2
#define AF_INET6 10
#define PF_INET AF_INET
#define PF_INET6 AF_INET6
#define SOCK_RAW 3
#define SOL_IP 0
#define SOL_IPV6 41
#define SOL_SOCKET 1
#define SOL_TCP 6
#define IP_MF 0x2000
#define IP_OFFSET 0x1fff
#define TASK_COMM_LEN 16
