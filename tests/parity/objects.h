// Objects that programs own, as the kernel declares them (include/uapi/linux/bpf.h and kernel/bpf/helpers.c).
#pragma once

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct bpf_list_head {
  __u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_list_node {
  __u64 opaque[3];
} __attribute__((aligned(8)));
struct bpf_rb_root {
  __u64 opaque[2];
} __attribute__((aligned(8)));
struct bpf_rb_node {
  __u64 opaque[4];
} __attribute__((aligned(8)));
struct bpf_refcount {
  __u32 opaque[1];
} __attribute__((aligned(4)));

#define contains(type, node) __attribute__((btf_decl_tag("contains:" #type ":" #node)))
#define kept __attribute__((btf_type_tag("kptr")))
#define kept_per_cpu __attribute__((btf_type_tag("percpu_kptr")))
#define private(name) SEC(".bss." #name) __attribute__((visibility("hidden"), aligned(8)))
#define object_of(pointer, type, member) ((type*)((char*)(pointer) - __builtin_offsetof(type, member)))

extern void* bpf_obj_new_impl(__u64 type, void* meta) __ksym;
extern void bpf_obj_drop_impl(void* object, void* meta) __ksym;
extern void* bpf_refcount_acquire_impl(void* object, void* meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head*, struct bpf_list_node*, void* meta, __u64 offset) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head*, struct bpf_list_node*, void* meta, __u64 offset) __ksym;
extern struct bpf_list_node* bpf_list_pop_front(struct bpf_list_head*) __ksym;
extern struct bpf_list_node* bpf_list_pop_back(struct bpf_list_head*) __ksym;
extern struct bpf_list_node* bpf_list_front(struct bpf_list_head*) __ksym;
extern struct bpf_list_node* bpf_list_back(struct bpf_list_head*) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root*, struct bpf_rb_node*,
                               _Bool(less)(struct bpf_rb_node*, const struct bpf_rb_node*), void* meta,
                               __u64 offset) __ksym;
extern struct bpf_rb_node* bpf_rbtree_remove(struct bpf_rb_root*, struct bpf_rb_node*) __ksym;
extern struct bpf_rb_node* bpf_rbtree_first(struct bpf_rb_root*) __ksym;
extern struct bpf_rb_node* bpf_rbtree_root(struct bpf_rb_root*) __ksym;
extern struct bpf_rb_node* bpf_rbtree_left(struct bpf_rb_root*, struct bpf_rb_node*) __ksym;
extern struct bpf_rb_node* bpf_rbtree_right(struct bpf_rb_root*, struct bpf_rb_node*) __ksym;

#define make(type) ((type*)bpf_obj_new_impl(bpf_core_type_id_local(type), 0))
#define drop(object) bpf_obj_drop_impl(object, 0)
#define share(object) ((__typeof__(object))bpf_refcount_acquire_impl(object, 0))
