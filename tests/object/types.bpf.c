// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// One variable for each way to write a type; type_name_test.cpp holds what they are called.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct pair {
  int left, right;
};
enum colour { red, green };
typedef struct {
  int x;
} anonymous_alias;

int plain;
const volatile unsigned char qualified = 1;
char* pointer;
const char* const* const pointers = 0;
int array[3];
int matrix[2][3];
struct pair* pairs[4];
int (*pointer_to_array)[5];
void (*callback)(int);
void (*callbacks[2])(int);
anonymous_alias alias;
struct {
  int y;
} nameless;
union {
  int a;
  long b;
} either;
enum colour colour;
void* nothing;
volatile int* volatile restless;

SEC("xdp")
int program(struct xdp_md* ctx) { return XDP_PASS; }
