// Dynptrs of packets at tc and XDP, and the functions that go through them.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

extern int bpf_dynptr_from_skb(struct __sk_buff* skb, __u64 flags, struct bpf_dynptr* ptr) __ksym;
extern int bpf_dynptr_from_skb_meta(struct __sk_buff* skb, __u64 flags, struct bpf_dynptr* ptr) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md* xdp, __u64 flags, struct bpf_dynptr* ptr) __ksym;
extern void* bpf_dynptr_slice(const struct bpf_dynptr* ptr, __u32 offset, void* buffer, __u32 size) __ksym;
extern void* bpf_dynptr_slice_rdwr(const struct bpf_dynptr* ptr, __u32 offset, void* buffer, __u32 size) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr* ptr, __u32 start, __u32 end) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr* ptr, struct bpf_dynptr* copy) __ksym;
extern _Bool bpf_dynptr_is_null(const struct bpf_dynptr* ptr) __ksym;
extern _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr* ptr) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr* ptr) __ksym __weak;
extern int bpf_dynptr_copy(struct bpf_dynptr* to, __u32 to_offset, struct bpf_dynptr* from, __u32 from_offset,
                           __u32 size) __ksym;
extern int bpf_dynptr_memset(struct bpf_dynptr* ptr, __u32 offset, __u32 size, __u8 value) __ksym;

SEC("tc")
int bpf_dynptr_from_skb__has_the_packets_size(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  if (bpf_dynptr_from_skb(skb, 0, &ptr)) return -1;
  return (int)bpf_dynptr_size(&ptr) - (int)skb->len + 1000;
}

SEC("tc")
int bpf_dynptr_from_skb__EINVAL_flags(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  return bpf_dynptr_from_skb(skb, 1, &ptr);
}

SEC("tc")
int bpf_dynptr_from_skb_meta__is_empty(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  if (bpf_dynptr_from_skb_meta(skb, 0, &ptr)) return -1;
  return (int)bpf_dynptr_size(&ptr) + 10 * bpf_dynptr_is_rdonly(&ptr) + 100 * bpf_dynptr_is_null(&ptr);
}

SEC("tc")
int bpf_dynptr_from_skb_meta__EINVAL_flags(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  return bpf_dynptr_from_skb_meta(skb, 1, &ptr);
}

SEC("xdp")
int bpf_dynptr_from_xdp__has_the_frames_size(struct xdp_md* xdp) {
  struct bpf_dynptr ptr;
  if (bpf_dynptr_from_xdp(xdp, 0, &ptr)) return -1;
  return (int)bpf_dynptr_size(&ptr);
}

SEC("xdp")
int bpf_dynptr_from_xdp__EINVAL_flags(struct xdp_md* xdp) {
  struct bpf_dynptr ptr;
  return bpf_dynptr_from_xdp(xdp, 8, &ptr);
}

SEC("tc")
int bpf_dynptr_is_null__after_a_failure(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 1, &ptr);
  return bpf_dynptr_is_null(&ptr) + 10 * bpf_dynptr_is_rdonly(&ptr);
}

SEC("tc")
int bpf_dynptr_is_rdonly__is_false_at_tc(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  return bpf_dynptr_is_null(&ptr) + 10 * bpf_dynptr_is_rdonly(&ptr);
}

SEC("tc")
int bpf_dynptr_size__EINVAL_null(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 1, &ptr);
  return (int)bpf_dynptr_size(&ptr);
}

SEC("tc")
int bpf_dynptr_slice__reads_the_packet(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  __u8 buffer[14] = {0};
  bpf_dynptr_from_skb(skb, 0, &ptr);
  __u8* mac = bpf_dynptr_slice(&ptr, 0, buffer, sizeof buffer);
  if (!mac) return -1;
  return mac[12] << 8 | mac[13] | (mac == buffer) << 16;
}

SEC("tc")
int bpf_dynptr_slice__without_a_buffer(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  __u8* mac = bpf_dynptr_slice(&ptr, 6, 0, 8);
  return mac ? mac[0] << 8 | mac[7] : -1;
}

SEC("tc")
int bpf_dynptr_slice__is_null_beyond_the_end(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  __u8 buffer[64];
  bpf_dynptr_from_skb(skb, 0, &ptr);
  __u8* bytes = bpf_dynptr_slice(&ptr, skb->len - 63, buffer, sizeof buffer);
  __u8* none = bpf_dynptr_slice(&ptr, 0xffffffff, buffer, sizeof buffer);
  return (bytes == 0) + 2 * (none == 0);
}

SEC("tc")
int bpf_dynptr_slice__is_null_of_a_null_dynptr(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  __u8 buffer[4];
  bpf_dynptr_from_skb(skb, 1, &ptr);
  return bpf_dynptr_slice(&ptr, 0, buffer, sizeof buffer) == 0;
}

SEC("xdp")
int bpf_dynptr_slice__reads_the_frame(struct xdp_md* xdp) {
  struct bpf_dynptr ptr;
  __u8 buffer[8];
  bpf_dynptr_from_xdp(xdp, 0, &ptr);
  __u8* bytes = bpf_dynptr_slice(&ptr, 12, buffer, sizeof buffer);
  if (!bytes) return -1;
  return bytes[0] << 8 | bytes[1] | bytes[7] << 16 | (bytes == buffer) << 24;
}

SEC("tc")
int bpf_dynptr_slice_rdwr__writes_the_packet(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  __u8 buffer[6] = {0};
  bpf_dynptr_from_skb(skb, 0, &ptr);
  __u8* mac = bpf_dynptr_slice_rdwr(&ptr, 6, buffer, sizeof buffer);
  if (!mac) return -1;
  mac[0] = 0xaa;
  mac[5] = 0xbb;
  return mac == buffer;
}

SEC("xdp")
int bpf_dynptr_slice_rdwr__writes_the_frame(struct xdp_md* xdp) {
  struct bpf_dynptr ptr;
  __u8 buffer[6] = {0};
  bpf_dynptr_from_xdp(xdp, 0, &ptr);
  __u8* mac = bpf_dynptr_slice_rdwr(&ptr, 0, buffer, sizeof buffer);
  if (!mac) return -1;
  mac[1] = 0x55;
  return mac == buffer;
}

SEC("tc")
int bpf_dynptr_adjust__narrows_twice(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  __u8 buffer[2];
  bpf_dynptr_from_skb(skb, 0, &ptr);
  if (bpf_dynptr_adjust(&ptr, 4, 30)) return -1;
  if (bpf_dynptr_adjust(&ptr, 8, 20)) return -2;
  __u8* type = bpf_dynptr_slice(&ptr, 0, buffer, sizeof buffer);
  if (!type) return -3;
  return bpf_dynptr_size(&ptr) << 16 | type[0] << 8 | type[1];
}

SEC("tc")
int bpf_dynptr_adjust__to_nothing(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  __u8 buffer[1];
  bpf_dynptr_from_skb(skb, 0, &ptr);
  if (bpf_dynptr_adjust(&ptr, 4, 4)) return -1;
  return (bpf_dynptr_slice(&ptr, 0, buffer, 1) == 0) + 10 * bpf_dynptr_size(&ptr);
}

SEC("tc")
int bpf_dynptr_adjust__EINVAL_backwards(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  return bpf_dynptr_adjust(&ptr, 5, 4);
}

SEC("tc")
int bpf_dynptr_adjust__EINVAL_null(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 1, &ptr);
  return bpf_dynptr_adjust(&ptr, 0, 0);
}

SEC("tc")
int bpf_dynptr_adjust__ERANGE_too_far(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  return bpf_dynptr_adjust(&ptr, 0, skb->len + 1);
}

SEC("tc")
int bpf_dynptr_clone__is_its_own(struct __sk_buff* skb) {
  struct bpf_dynptr ptr, copy;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  if (bpf_dynptr_clone(&ptr, &copy)) return -1;
  bpf_dynptr_adjust(&ptr, 10, 12);
  return bpf_dynptr_size(&ptr) | bpf_dynptr_size(&copy) << 8;
}

SEC("tc")
int bpf_dynptr_clone__EINVAL_null(struct __sk_buff* skb) {
  struct bpf_dynptr ptr, copy;
  bpf_dynptr_from_skb(skb, 1, &ptr);
  return bpf_dynptr_clone(&ptr, &copy);
}

SEC("tc")
int bpf_dynptr_copy__inside_a_packet(struct __sk_buff* skb) {
  struct bpf_dynptr ptr, copy;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  bpf_dynptr_clone(&ptr, &copy);
  return bpf_dynptr_copy(&ptr, 2, &copy, 0, 12);
}

SEC("tc")
int bpf_dynptr_copy__E2BIG_from(struct __sk_buff* skb) {
  struct bpf_dynptr ptr, copy;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  bpf_dynptr_clone(&ptr, &copy);
  return bpf_dynptr_copy(&ptr, 0, &copy, skb->len - 3, 4);
}

SEC("tc")
int bpf_dynptr_copy__E2BIG_to(struct __sk_buff* skb) {
  struct bpf_dynptr ptr, copy;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  bpf_dynptr_clone(&ptr, &copy);
  return bpf_dynptr_copy(&ptr, skb->len - 3, &copy, 0, 4);
}

SEC("tc")
int bpf_dynptr_copy__EINVAL_from_null(struct __sk_buff* skb) {
  struct bpf_dynptr ptr, null;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  bpf_dynptr_from_skb(skb, 1, &null);
  return bpf_dynptr_copy(&ptr, 0, &null, 0, 4);
}

SEC("tc")
int bpf_dynptr_copy__EINVAL_to_null(struct __sk_buff* skb) {
  struct bpf_dynptr ptr, null;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  bpf_dynptr_from_skb(skb, 1, &null);
  return bpf_dynptr_copy(&null, 0, &ptr, 0, 4);
}

SEC("tc")
int bpf_dynptr_memset__fills_the_packet(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  return bpf_dynptr_memset(&ptr, 14, skb->len - 14, 0x5a);
}

SEC("xdp")
int bpf_dynptr_memset__fills_the_frame(struct xdp_md* xdp) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_xdp(xdp, 0, &ptr);
  return bpf_dynptr_memset(&ptr, 1, 7, 0xff);
}

SEC("tc")
int bpf_dynptr_memset__E2BIG_beyond(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  return bpf_dynptr_memset(&ptr, 1, skb->len, 0);
}

SEC("socket")
int bpf_dynptr_memset__EINVAL_where_a_packet_is_for_reading(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 0, &ptr);
  return bpf_dynptr_memset(&ptr, 0, 1, 0);
}

SEC("tc")
int bpf_dynptr_memset__E2BIG_null(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 1, &ptr);
  return bpf_dynptr_memset(&ptr, 0, 1, 0);
}

SEC("tc")
int bpf_dynptr_memset__of_nothing_in_a_null_dynptr(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  bpf_dynptr_from_skb(skb, 1, &ptr);
  return bpf_dynptr_memset(&ptr, 0, 0, 0);
}

SEC("tc")
int bpf_dynptr_size__exists(struct __sk_buff* skb) {
  struct bpf_dynptr ptr;
  if (!bpf_dynptr_size || bpf_dynptr_from_skb(skb, 0, &ptr)) return -1;
  return (int)bpf_dynptr_size(&ptr);
}

char _license[] SEC("license") = "GPL";
