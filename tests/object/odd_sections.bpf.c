// Sections of odd names: data that compilers and linkers name, code that users name, sections that say nothing.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

int shared = 1;
static int own SEC(".data.own") = 2;
__hidden int hidden SEC(".data.hidden") = 3;
const int* const pointer_to_a_variable = &shared;  // A relocation of .rodata, which nobody applies.
int relocated SEC(".data.rel.ro") = 6;
const char* text = "read me";  // One of .data, and .rodata.str1.1.
static const __u64 constants[2] SEC(".rodata.cst16") = {4, 5};

__weak __attribute__((noinline, section(".text.unlikely"))) int rarely(int x) { return x + constants[x & 1]; }

SEC("any name (of a user)") int first(struct xdp_md* ctx) {
  return rarely(own + hidden + shared + relocated) + *pointer_to_a_variable + text[ctx->rx_queue_index & 3];
}
SEC("any name (of a user)") int second(struct xdp_md* ctx) { return 2; }

char said[] SEC("comment") = "nothing";
