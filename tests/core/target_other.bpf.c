// Another kernel: what local.bpf.c knows has moved, grown, shrunk, changed its kind or gone.
#include <linux/types.h>

enum named { NAMED_ZERO, NAMED_ONE = 11, NAMED_TWO = 22 } named_;
enum wide { WIDE_UP = 0x3fffffffffull } wide_;
enum below { BELOW_ZERO = -200 } below_;
typedef struct moved {
  long added;
  int second;
  int first;
} moved_alias;
moved_alias moved_;
struct sized {
  int added;
  int grows_signed_before;
  __u64 grows;
  __u8 shrinks;
  long grows_signed;
  struct sized* pointer;
} sized_;
struct nested {
  struct {
    struct {
      int before;
    };
  };
  int inner;
  int inner_too;
  union {
    int pad;
    long other;
  };
  union {
    int y;
    int x;
  } named;
} nested_;
struct arrays {
  int added;
  long plain[8];
  struct {
    int added, y, x;
  } pairs[3];
  int last[];
} arrays_;
struct bits {
  unsigned added : 3;
  unsigned one : 1;
  unsigned five : 9;
  unsigned short becomes_plain;
  int plain;
} bits_;
struct incompatible {
  int* becomes_pointer;
  struct {
    int x;
  } becomes_struct;
  long becomes_number;
  int becomes_array;
} incompatible_;
struct flavoured {
  int added[3];
  int field;
} flavoured_;
struct twice {
  int agreed;
  int disputed;
} twice_;
struct twice___same {
  int agreed;
  int added;
  int disputed;
} twice_same_;
struct pruned {
  int both;
} pruned_;
struct pruned___other {
  int other_only;
} pruned_other_;
union either {
  int a;
  long b;
  char c;
} either_;
typedef int (*callback)(struct moved*, int);
callback callback_;
struct linked {
  int added;
  int count;
  enum named kind;
  const char* name;
  struct linked* next;
} linked_;
struct holder {
  union either* seen;
  struct opaque* hidden;
} holder_;
struct far {
  char added[40000];
  int field;
} far_;
