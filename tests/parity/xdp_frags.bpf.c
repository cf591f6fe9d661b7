// Frames in fragments: bytes across their borders, ends that move. The frames of tests/large_frames_test.cpp have them;
// small ones run the same programs.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, __u64);
  __uint(max_entries, 8);
} seen SEC(".maps");

static __always_inline void note(__u32 key, __u64 value) { bpf_map_update_elem(&seen, &key, &value, BPF_ANY); }

static __always_inline void see(struct xdp_md* xdp) {
  note(0, bpf_xdp_get_buff_len(xdp));
  note(1, (__u64)(xdp->data_end - xdp->data));
  note(2, (__u64)(xdp->data - xdp->data_meta));
}

/// Bytes of a place, turned over and written back; what both calls said.
static __always_inline int turn(struct xdp_md* xdp, __u32 offset, __u32 size) {
  __u8 bytes[256] = {};
  if (size > sizeof bytes || size == 0) return -1000;
  const int read = (int)bpf_xdp_load_bytes(xdp, offset, bytes, size);
  __u64 sum = 0;
  for (int i = 0; i < 256; ++i) {
    sum = sum * 3 + bytes[i];
    bytes[i] = ~bytes[i];
  }
  note(3, sum);
  const int written = (int)bpf_xdp_store_bytes(xdp, offset, bytes, size);
  see(xdp);
  return read * 1000 + written;
}

#define TURN(name, offset, size) \
  SEC("xdp.frags") int xdp_load_bytes__##name(struct xdp_md* xdp) { return turn(xdp, offset, size); }
TURN(first, 0, 64)
TURN(before_the_border, 3520 - 64, 64)
TURN(across_the_border, 3520 - 10, 100)
TURN(behind_the_border, 3520, 100)
TURN(across_a_page, 3520 + 4096 - 10, 100)
TURN(in_the_last_page, 3520 + 4096 + 50, 200)
TURN(the_last_byte, bpf_xdp_get_buff_len(xdp) - 1, 1)
TURN(beyond_the_end, bpf_xdp_get_buff_len(xdp) - 1, 2)
TURN(at_the_end, bpf_xdp_get_buff_len(xdp), 1)
TURN(at_64k, 65535, 1)
TURN(beyond_64k, 65536, 1)

#define MOVE(helper, name, delta)                             \
  SEC("xdp.frags") int helper##__##name(struct xdp_md* xdp) { \
    const int answer = (int)bpf_##helper(xdp, delta);         \
    see(xdp);                                                 \
    return answer;                                            \
  }
MOVE(xdp_adjust_tail, by_100, 100)
MOVE(xdp_adjust_tail, by_a_page, 4096)
MOVE(xdp_adjust_tail, by_less, -100)
MOVE(xdp_adjust_tail, by_a_page_less, -4096)
MOVE(xdp_adjust_tail, to_14, 14 - (int)bpf_xdp_get_buff_len(xdp))
MOVE(xdp_adjust_tail, to_13, 13 - (int)bpf_xdp_get_buff_len(xdp))
MOVE(xdp_adjust_tail, lowest, (int)0x80000000)
MOVE(xdp_adjust_head, by_100, 20)
MOVE(xdp_adjust_head, back, -100)
MOVE(xdp_adjust_head, beyond_the_border, 3507)
MOVE(xdp_adjust_meta, by_32, -32)

SEC("xdp.frags") int xdp_adjust_tail__then_read(struct xdp_md* xdp) {
  bpf_xdp_adjust_tail(xdp, -1000);
  bpf_xdp_adjust_head(xdp, -8);
  return turn(xdp, 3500, 256);
}

SEC("xdp.frags") int xdp_store_bytes__then_moved(struct xdp_md* xdp) {
  const int answer = turn(xdp, 3520 - 100, 200);
  bpf_xdp_adjust_head(xdp, 14);
  bpf_xdp_adjust_meta(xdp, -16);
  see(xdp);
  return answer;
}

SEC("xdp") int xdp_get_buff_len__without_fragments(struct xdp_md* xdp) { return (int)bpf_xdp_get_buff_len(xdp); }

char _license[] SEC("license") = "GPL";
