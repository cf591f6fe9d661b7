// Open-coded iterators, over numbers and over bits.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct bpf_iter_bits {
  __u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_iter_num {
  __u64 opaque[1];
} __attribute__((aligned(8)));

extern int bpf_iter_num_new(struct bpf_iter_num* it, int start, int end) __ksym;
extern int* bpf_iter_num_next(struct bpf_iter_num* it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num* it) __ksym;
extern int bpf_iter_bits_new(struct bpf_iter_bits* it, const __u64* words, __u32 count) __ksym;
extern int* bpf_iter_bits_next(struct bpf_iter_bits* it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits* it) __ksym;

__u64 words[600];

static int sum(int start, int end) {
  struct bpf_iter_num it;
  int total = 0;
  bpf_iter_num_new(&it, start, end);
  for (int* i = bpf_iter_num_next(&it); i; i = bpf_iter_num_next(&it)) total += *i + 1000;
  bpf_iter_num_destroy(&it);
  return total;
}

SEC("tc")
int bpf_iter_num_next__counts_up(struct __sk_buff* skb) { return sum(-3, 10); }

SEC("xdp")
int bpf_iter_num_next__to_the_frames_length(struct xdp_md* xdp) {
  return sum(0, (int)((long)xdp->data_end - (long)xdp->data) & 0xff);
}

SEC("tc")
int bpf_iter_num_next__of_nothing(struct __sk_buff* skb) { return sum(5, 5); }

SEC("tc")
int bpf_iter_num_next__at_the_greatest_number(struct __sk_buff* skb) { return sum(0x7ffffffe, 0x7fffffff); }

SEC("tc")
int bpf_iter_num_next__at_the_least_number(struct __sk_buff* skb) { return sum(-0x7fffffff - 1, -0x7ffffffe); }

SEC("tc")
int bpf_iter_num_next__after_a_failure(struct __sk_buff* skb) { return sum(5, 4); }

SEC("tc")
int bpf_iter_num_new__EINVAL_backwards(struct __sk_buff* skb) {
  struct bpf_iter_num it;
  const int error = bpf_iter_num_new(&it, 5, 4);
  bpf_iter_num_destroy(&it);
  return error;
}

SEC("tc")
int bpf_iter_num_new__E2BIG(struct __sk_buff* skb) {
  struct bpf_iter_num it;
  const int error = bpf_iter_num_new(&it, -1, 8388608);
  bpf_iter_num_destroy(&it);
  return error;
}

SEC("tc")
int bpf_iter_num_destroy__of_one_with_the_most_numbers(struct __sk_buff* skb) {
  struct bpf_iter_num it;
  const int error = bpf_iter_num_new(&it, -1, 8388607);
  bpf_iter_num_destroy(&it);
  return error;
}

static int bits(const __u64* from, __u32 count) {
  struct bpf_iter_bits it;
  int total = 0;
  bpf_iter_bits_new(&it, from, count);
  for (int* i = bpf_iter_bits_next(&it); i; i = bpf_iter_bits_next(&it)) total = total * 3 + *i;
  bpf_iter_bits_destroy(&it);
  return total;
}

SEC("tc")
int bpf_iter_bits_next__of_one_word(struct __sk_buff* skb) {
  __u64 word = 0x8000000000010005ULL;
  return bits(&word, 1);
}

SEC("tc")
int bpf_iter_bits_next__of_an_empty_word(struct __sk_buff* skb) {
  __u64 word = 0;
  return bits(&word, 1);
}

SEC("tc")
int bpf_iter_bits_next__of_many_words(struct __sk_buff* skb) {
  words[0] = 1;
  words[1] = 1ULL << 63;
  words[9] = 6;
  words[510] = 1ULL << 62;
  words[511] = 1;
  return bits(words, 511);
}

SEC("tc")
int bpf_iter_bits_next__of_words_that_are_full(struct __sk_buff* skb) {
  __u64 some[3] = {~0ULL, ~0ULL, ~0ULL};
  return bits(some, 3);
}

static int begin(const __u64* from, __u32 count) {
  struct bpf_iter_bits it;
  const int error = bpf_iter_bits_new(&it, from, count);
  const int more = bpf_iter_bits_next(&it) != 0;
  bpf_iter_bits_destroy(&it);
  return error ? error - more : more;
}

SEC("tc")
int bpf_iter_bits_destroy__of_one_that_is_not_done(struct __sk_buff* skb) {
  __u64 word = 3;
  return begin(&word, 1);
}

SEC("tc")
int bpf_iter_bits_new__EINVAL_null(struct __sk_buff* skb) { return begin(0, 1); }

SEC("tc")
int bpf_iter_bits_new__EINVAL_no_words(struct __sk_buff* skb) { return begin(words, 0); }

SEC("tc")
int bpf_iter_bits_new__E2BIG(struct __sk_buff* skb) { return begin(words, 512); }

SEC("tc")
int bpf_iter_bits_new__EFAULT_one(struct __sk_buff* skb) { return begin((void*)0xffffffffff000000, 1); }

SEC("tc")
int bpf_iter_bits_new__EFAULT_two(struct __sk_buff* skb) { return begin((void*)0xffffffffff000000, 2); }

char _license[] SEC("license") = "GPL";
