// The flow hash: its number is the kernel's secret, what may be said of it is not.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

#define HASH(name) SEC("tc") int get_hash_recalc__##name(struct __sk_buff* skb)

HASH(is_not_zero) { return skb->hash == 0 && bpf_get_hash_recalc(skb) != 0; }

HASH(is_kept) {
  const __u32 first = bpf_get_hash_recalc(skb);
  const __u32 shown = skb->hash;
  return first == shown && bpf_get_hash_recalc(skb) == first;
}

HASH(comes_back_when_forgotten) {
  const __u32 first = bpf_get_hash_recalc(skb);
  bpf_set_hash_invalid(skb);
  return skb->hash == 0 && bpf_get_hash_recalc(skb) == first;
}

HASH(is_what_was_set) {
  bpf_set_hash(skb, 0x12345678);
  return skb->hash == 0x12345678 ? (int)bpf_get_hash_recalc(skb) : -1;
}

HASH(of_zero_that_was_set) {
  bpf_set_hash(skb, 0);
  return (int)bpf_get_hash_recalc(skb);
}

HASH(replaces_what_was_set) {
  const __u32 first = bpf_get_hash_recalc(skb);
  bpf_set_hash(skb, 5);
  bpf_set_hash_invalid(skb);
  return bpf_get_hash_recalc(skb) == first;
}

HASH(stays_when_bytes_change) {
  const __u32 first = bpf_get_hash_recalc(skb);
  const __u32 address = 0x01020304;
  bpf_skb_store_bytes(skb, 26, &address, 4, 0);
  return bpf_get_hash_recalc(skb) == first;
}

/// Bits of what changes the hash: swapped or changed fields of UDP in IPv4, and of the same bytes elsewhere.
static __always_inline int changes(struct __sk_buff* skb, __u32 offset, __u8 bits) {
  bpf_set_hash_invalid(skb);
  const __u32 first = bpf_get_hash_recalc(skb);
  __u8 byte = 0;
  bpf_skb_load_bytes(skb, offset, &byte, 1);
  byte ^= bits;
  bpf_skb_store_bytes(skb, offset, &byte, 1, BPF_F_INVALIDATE_HASH);
  const int changed = bpf_get_hash_recalc(skb) != first;
  byte ^= bits;
  bpf_skb_store_bytes(skb, offset, &byte, 1, BPF_F_INVALIDATE_HASH);
  return changed;
}

HASH(depends_on_bytes) {
  int answer = 0;
  answer |= changes(skb, 0, 2);           // A MAC address.
  answer |= changes(skb, 14, 1) << 1;     // IPv4's header length, IPv6's class, VLAN's id, ARP's hardware type.
  answer |= changes(skb, 15, 1) << 2;     // Its type of service.
  answer |= changes(skb, 17, 1) << 3;     // Its length, IPv6's flow label.
  answer |= changes(skb, 19, 1) << 4;     // Its identification.
  answer |= changes(skb, 20, 0x20) << 5;  // More fragments; IPv6's next header.
  answer |= changes(skb, 22, 1) << 6;     // Time to live.
  answer |= changes(skb, 23, 1) << 7;     // Its protocol.
  answer |= changes(skb, 25, 1) << 8;     // Its checksum.
  answer |= changes(skb, 29, 1) << 9;     // Its source.
  answer |= changes(skb, 33, 1) << 10;    // Its destination.
  answer |= changes(skb, 35, 1) << 11;    // The source port; with a tag, the destination.
  answer |= changes(skb, 37, 1) << 12;    // The destination port.
  answer |= changes(skb, 39, 1) << 13;    // UDP's length.
  answer |= changes(skb, 41, 1) << 14;    // UDP's checksum.
  return answer;
}

HASH(depends_on_fields_of_ipv6) {
  int answer = 0;
  answer |= changes(skb, 21, 1) << 1;
  answer |= changes(skb, 36, 1) << 2;
  answer |= changes(skb, 53, 1) << 3;
  answer |= changes(skb, 55, 1) << 4;
  return answer;
}

/// Runs `bytes` as what follows Ethernet, whatever was there.
static __always_inline void become(struct __sk_buff* skb, const void* bytes, __u32 size) {
  bpf_skb_change_tail(skb, 14 + size, 0);
  bpf_skb_store_bytes(skb, 14, bytes, size, BPF_F_INVALIDATE_HASH);
}

#define CHANGE2(a, b) changes(skb, 14 + (a), 1) | changes(skb, 14 + (b), 1) << 1
#define CHANGE4(a, b, c, d) CHANGE2(a, b) | changes(skb, 14 + (c), 1) << 2 | changes(skb, 14 + (d), 1) << 3

HASH(of_ip_in_ip) {
  const __u8 bytes[52] = {0x45, 0, 0, 52, 0, 1,  0,  0, 64, 4,  0, 0, 10, 0,  0, 1, 10, 0, 0, 2, 0x45, 0, 0,
                          32,   0, 1, 0,  0, 64, 17, 0, 0,  10, 1, 0, 1,  10, 1, 0, 2,  0, 7, 0, 9,    0, 12};
  become(skb, bytes, sizeof bytes);
  return CHANGE4(15, 35, 41, 43);
}

HASH(of_gre_with_a_key) {
  const __u8 bytes[60] = {0x45, 0, 0, 60, 0, 1, 0, 0, 64, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x20, 0, 8, 0, 0, 0,
                          0,    5,  //
                          0x45, 0, 0, 32, 0, 1, 0, 0, 64, 17, 0, 0, 10, 1, 0, 1, 10, 1, 0, 2, 0,    7, 0, 9, 0, 12};
  become(skb, bytes, sizeof bytes);
  return CHANGE4(15, 27, 43, 49);
}

HASH(of_gre_with_routing) {
  const __u8 bytes[40] = {0x45, 0, 0, 40, 0, 1, 0, 0, 64, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x40, 0, 8, 0};
  become(skb, bytes, sizeof bytes);
  return CHANGE4(15, 23, 25, 30);
}

HASH(of_gre_with_ethernet) {
  const __u8 bytes[64] = {0x45, 0, 0, 64, 0, 1, 0, 0, 64, 47, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 0x65, 0x58,  //
                          2,    0, 0, 0,  0, 1, 2, 0, 0,  0,  0, 2, 8,  0,                                       //
                          0x45, 0, 0, 26, 0, 1, 0, 0, 64, 6,  0, 0, 10, 1, 0, 1, 10, 1, 0, 2, 0, 7, 0,    9};
  become(skb, bytes, sizeof bytes);
  return CHANGE4(15, 29, 53, 59);
}

HASH(of_a_first_fragment) {
  const __u8 bytes[40] = {0x45, 0, 0, 40, 0, 1, 0x20, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 7, 0, 9};
  become(skb, bytes, sizeof bytes);
  return CHANGE4(15, 19, 21, 23);
}

HASH(of_options) {
  const __u8 bytes[40] = {0x46, 0, 0, 40, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 1, 1, 1, 1, 0, 7, 0, 9};
  become(skb, bytes, sizeof bytes);
  return CHANGE4(15, 21, 25, 27);
}

HASH(of_icmp) {
  const __u8 bytes[40] = {0x45, 0, 0, 40, 0, 1, 0, 0, 64, 1, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 8, 0, 1, 1, 0, 7, 0, 9};
  become(skb, bytes, sizeof bytes);
  return CHANGE4(15, 20, 25, 27);
}

HASH(of_esp_and_ah) {
  const __u8 esp[40] = {0x45, 0, 0, 40, 0, 1, 0, 0, 64, 50, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 8, 0, 1, 1, 0, 7, 0, 9};
  become(skb, esp, sizeof esp);
  const int first = CHANGE4(15, 20, 23, 27);
  const __u8 ah = 51;
  bpf_skb_store_bytes(skb, 23, &ah, 1, BPF_F_INVALIDATE_HASH);
  return first << 8 | CHANGE4(15, 20, 25, 27);
}

HASH(is_the_same_in_both_directions) {
  const __u8 there[28] = {0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 7, 0, 9};
  const __u8 back[28] = {0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17, 0, 0, 10, 0, 0, 2, 10, 0, 0, 1, 0, 9, 0, 7};
  become(skb, there, sizeof there);
  const __u32 first = bpf_get_hash_recalc(skb);
  become(skb, back, sizeof back);
  return bpf_get_hash_recalc(skb) == first;
}

HASH(has_a_tag_in_it) {
  const __u32 first = bpf_get_hash_recalc(skb);
  bpf_set_hash_invalid(skb);
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 7);
  return bpf_get_hash_recalc(skb) == first;
}

HASH(has_two_tags_in_it) {
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x8100), 7);
  bpf_skb_vlan_push(skb, __builtin_bswap16(0x88a8), 8);
  const __u32 first = bpf_get_hash_recalc(skb);
  bpf_set_hash_invalid(skb);
  bpf_skb_vlan_pop(skb);
  const int once = bpf_get_hash_recalc(skb) != first;
  return once | (CHANGE4(15, 19, 21, 23)) << 1;
}

// What a frame's EtherType says, the bytes behind it are: this is for a tagged frame.
HASH(of_a_second_tag) {
  const __u8 bytes[48] = {0,  1,  0x81, 0, 0,  2, 8, 0, 0x45, 0, 0, 40, 0, 1, 0, 0,
                          64, 17, 0,    0, 10, 0, 0, 1, 10,   0, 0, 2,  0, 7, 0, 9};
  become(skb, bytes, sizeof bytes);
  return CHANGE4(1, 5, 23, 31);
}

// And this for IPv6.
HASH(of_ipv4_in_ipv6) {
  const __u8 bytes[72] = {0x60, 0, 0, 0,  0, 32, 4, 64, 0xfd, 0,  0, 0, 0,  0, 0, 0, 0,  0, 0, 0, 0, 0, 0, 1, 0xfd, 0,
                          0,    0, 0, 0,  0, 0,  0, 0,  0,    0,  0, 0, 0,  2,  //
                          0x45, 0, 0, 32, 0, 1,  0, 0,  64,   17, 0, 0, 10, 1, 0, 1, 10, 1, 0, 2, 0, 7, 0, 9, 0,    12};
  become(skb, bytes, sizeof bytes);
  return CHANGE4(23, 39, 55, 61);
}

HASH(of_a_cut_packet) {
  bpf_skb_change_tail(skb, 20, 0);
  return CHANGE2(1, 5);
}

SEC("tc") int set_hash__shows(struct __sk_buff* skb) {
  const int answer = (int)bpf_set_hash(skb, 99);
  return answer ? answer : (int)skb->hash;
}

SEC("tc") int set_hash__from_upper_bits(struct __sk_buff* skb) {
  bpf_set_hash(skb, (__u32)(0x1122334455667788ull));
  return (int)skb->hash;
}

char _license[] SEC("license") = "GPL";
