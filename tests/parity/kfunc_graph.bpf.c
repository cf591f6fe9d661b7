// Lists and trees of objects, in map values, in global variables and in objects.
#include "objects.h"

struct item {
  struct bpf_list_node link;
  __u32 number;
};
struct twig {
  __u32 number;
  struct bpf_rb_node branch;
};
struct counted {
  __u32 number;
  struct bpf_refcount references;
  struct bpf_list_node link;
  struct bpf_rb_node branch;
};
struct leaf {
  struct bpf_list_node link;
  __u32 number;
};
struct nest {
  struct bpf_list_node link;
  struct bpf_spin_lock lock;
  struct bpf_list_head leaves contains(leaf, link);
};
struct value {
  __u32 count;
  struct bpf_spin_lock lock;
  struct bpf_list_head items contains(item, link);
  struct bpf_rb_root tree contains(twig, branch);
};

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __type(key, __u32);
  __type(value, struct value);
  __uint(max_entries, 2);
} slots SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __type(key, __u32);
  __type(value, struct value);
  __uint(max_entries, 4);
} table SEC(".maps");

private(A) struct bpf_spin_lock lock;
private(A) struct bpf_list_head items contains(item, link);
private(A) struct bpf_rb_root tree contains(twig, branch);
private(B) struct bpf_spin_lock counted_lock;
private(B) struct bpf_list_head counted_items contains(counted, link);
private(B) struct bpf_rb_root counted_tree contains(counted, branch);
private(C) struct bpf_spin_lock nest_lock;
private(C) struct bpf_list_head nests contains(nest, link);

#define item_of(node) object_of(node, struct item, link)
#define twig_of(node) object_of(node, struct twig, branch)

static _Bool less(struct bpf_rb_node* a, const struct bpf_rb_node* b) {
  return twig_of(a)->number < twig_of(b)->number;
}

static _Bool counted_less(struct bpf_rb_node* a, const struct bpf_rb_node* b) {
  return object_of(a, struct counted, branch)->number < object_of(b, struct counted, branch)->number;
}

static struct item* make_item(__u32 number) {
  struct item* const item = make(struct item);
  if (item) item->number = number;
  return item;
}

static int put(struct bpf_spin_lock* guard, struct bpf_list_head* list, __u32 number, _Bool front) {
  struct item* const item = make_item(number);
  if (!item) return -1;
  bpf_spin_lock(guard);
  const int error =
      front ? bpf_list_push_front_impl(list, &item->link, 0, 0) : bpf_list_push_back_impl(list, &item->link, 0, 0);
  bpf_spin_unlock(guard);
  return error;
}

/// The number of the one taken out; 0 of an empty list.
static int take(struct bpf_spin_lock* guard, struct bpf_list_head* list, _Bool front) {
  bpf_spin_lock(guard);
  struct bpf_list_node* const node = front ? bpf_list_pop_front(list) : bpf_list_pop_back(list);
  bpf_spin_unlock(guard);
  if (!node) return 0;
  struct item* const item = item_of(node);
  const int number = (int)item->number;
  drop(item);
  return number;
}

static struct twig* make_twig(__u32 number) {
  struct twig* const twig = make(struct twig);
  if (twig) twig->number = number;
  return twig;
}

static int grow(__u32 number) {
  struct twig* const twig = make_twig(number);
  if (!twig) return -1;
  bpf_spin_lock(&lock);
  const int error = bpf_rbtree_add_impl(&tree, &twig->branch, less, 0, 0);
  bpf_spin_unlock(&lock);
  return error;
}

/// Takes the leftmost out: its number, 0 of an empty tree.
static int pick(void) {
  bpf_spin_lock(&lock);
  struct bpf_rb_node* node = bpf_rbtree_first(&tree);
  if (!node) {
    bpf_spin_unlock(&lock);
    return 0;
  }
  node = bpf_rbtree_remove(&tree, node);
  bpf_spin_unlock(&lock);
  if (!node) return -1;
  struct twig* const twig = twig_of(node);
  const int number = (int)twig->number;
  drop(twig);
  return number;
}

SEC("tc")
int bpf_list_pop_front__of_an_empty_list(struct __sk_buff* skb) { return take(&lock, &items, 1); }

SEC("tc")
int bpf_list_push_front_impl__is_a_stack(struct __sk_buff* skb) {
  put(&lock, &items, 1, 1);
  put(&lock, &items, 2, 1);
  put(&lock, &items, 3, 1);
  return take(&lock, &items, 1) * 100 + take(&lock, &items, 1) * 10 + take(&lock, &items, 1);
}

SEC("tc")
int bpf_list_push_back_impl__is_a_queue(struct __sk_buff* skb) {
  put(&lock, &items, 1, 0);
  put(&lock, &items, 2, 0);
  put(&lock, &items, 3, 1);
  return take(&lock, &items, 1) * 100 + take(&lock, &items, 1) * 10 + take(&lock, &items, 1);
}

SEC("tc")
int bpf_list_pop_back__takes_the_last(struct __sk_buff* skb) {
  put(&lock, &items, 1, 0);
  put(&lock, &items, 2, 0);
  return take(&lock, &items, 0) * 100 + take(&lock, &items, 0) * 10 + take(&lock, &items, 0);
}

SEC("tc")
int bpf_list_push_back_impl__stays_from_run_to_run(struct __sk_buff* skb) {
  const __u32 key = 0;
  struct value* const value = bpf_map_lookup_elem(&slots, &key);
  if (!value) return -1;
  put(&value->lock, &value->items, skb->len, 0);
  put(&value->lock, &value->items, value->count, 0);
  value->count++;
  return take(&value->lock, &value->items, 1);
}

SEC("xdp")
int bpf_list_front__and_back_leave_the_list(struct xdp_md* ctx) {
  put(&lock, &items, 1, 0);
  put(&lock, &items, 2, 0);
  int sum = 0;
  bpf_spin_lock(&lock);
  struct bpf_list_node* node = bpf_list_front(&items);
  if (node) sum += (int)item_of(node)->number;
  node = bpf_list_back(&items);
  if (node) sum += 10 * (int)item_of(node)->number;
  bpf_spin_unlock(&lock);
  sum += take(&lock, &items, 1) * 100;
  return sum + take(&lock, &items, 1) * 1000;
}

SEC("tc")
int bpf_list_back__of_an_empty_list(struct __sk_buff* skb) {
  bpf_spin_lock(&lock);
  const _Bool none = !bpf_list_back(&items);
  bpf_spin_unlock(&lock);
  return none;
}

SEC("tc")
int map_delete_elem__ends_a_list(struct __sk_buff* skb) {
  const struct value empty = {.count = 1};
  const __u32 key = 7;
  bpf_map_update_elem(&table, &key, &empty, BPF_ANY);
  struct value* value = bpf_map_lookup_elem(&table, &key);
  if (!value) return -1;
  put(&value->lock, &value->items, 5, 0);
  put(&value->lock, &value->items, 6, 0);
  bpf_map_delete_elem(&table, &key);
  bpf_map_update_elem(&table, &key, &empty, BPF_ANY);
  value = bpf_map_lookup_elem(&table, &key);
  return value ? take(&value->lock, &value->items, 1) : -2;
}

SEC("tc")
int map_update_elem__ends_a_list(struct __sk_buff* skb) {
  const struct value empty = {.count = 1};
  const __u32 key = 1;
  struct value* const value = bpf_map_lookup_elem(&slots, &key);
  if (!value) return -1;
  put(&value->lock, &value->items, 5, 0);
  bpf_map_update_elem(&slots, &key, &empty, BPF_ANY);
  return take(&value->lock, &value->items, 1);
}

SEC("tc")
int bpf_list_push_back_impl__EINVAL_of_one_that_is_in_a_list(struct __sk_buff* skb) {
  struct counted* const one = make(struct counted);
  if (!one) return -1;
  struct counted* const other = share(one);
  bpf_spin_lock(&counted_lock);
  const int first = bpf_list_push_back_impl(&counted_items, &one->link, 0, 0);
  const int second = bpf_list_push_back_impl(&counted_items, &other->link, 0, 0);
  struct bpf_list_node* const node = bpf_list_pop_front(&counted_items);
  bpf_spin_unlock(&counted_lock);
  if (node) drop(object_of(node, struct counted, link));
  return first ? first * 1000 : second;
}

SEC("tc")
int bpf_list_push_front_impl__EINVAL_of_one_that_is_in_a_list(struct __sk_buff* skb) {
  struct counted* const one = make(struct counted);
  if (!one) return -1;
  struct counted* const other = share(one);
  bpf_spin_lock(&counted_lock);
  bpf_list_push_front_impl(&counted_items, &one->link, 0, 0);
  const int error = bpf_list_push_front_impl(&counted_items, &other->link, 0, 0);
  struct bpf_list_node* const node = bpf_list_pop_back(&counted_items);
  bpf_spin_unlock(&counted_lock);
  if (node) drop(object_of(node, struct counted, link));
  return error;
}

SEC("tc")
int bpf_list_pop_front__of_lists_in_a_list(struct __sk_buff* skb) {
  struct nest* nest = make(struct nest);
  struct leaf* leaf = make(struct leaf);
  if (!nest || !leaf) {
    if (nest) drop(nest);
    if (leaf) drop(leaf);
    return -1;
  }
  leaf->number = skb->len;
  bpf_spin_lock(&nest->lock);
  bpf_list_push_back_impl(&nest->leaves, &leaf->link, 0, 0);
  bpf_spin_unlock(&nest->lock);
  bpf_spin_lock(&nest_lock);
  bpf_list_push_back_impl(&nests, &nest->link, 0, 0);
  bpf_spin_unlock(&nest_lock);
  leaf = make(struct leaf);
  nest = make(struct nest);
  if (leaf && nest) {
    bpf_spin_lock(&nest->lock);
    bpf_list_push_back_impl(&nest->leaves, &leaf->link, 0, 0);
    bpf_spin_unlock(&nest->lock);
    drop(nest);
  } else {
    if (nest) drop(nest);
    if (leaf) drop(leaf);
  }
  bpf_spin_lock(&nest_lock);
  struct bpf_list_node* node = bpf_list_pop_front(&nests);
  bpf_spin_unlock(&nest_lock);
  if (!node) return -2;
  nest = object_of(node, struct nest, link);
  bpf_spin_lock(&nest->lock);
  node = bpf_list_pop_back(&nest->leaves);
  bpf_spin_unlock(&nest->lock);
  drop(nest);
  if (!node) return -3;
  leaf = object_of(node, struct leaf, link);
  const int number = (int)leaf->number;
  drop(leaf);
  return number;
}

SEC("tc")
int bpf_rbtree_first__of_an_empty_tree(struct __sk_buff* skb) { return pick(); }

SEC("tc")
int bpf_rbtree_add_impl__sorts(struct __sk_buff* skb) {
  grow(5);
  grow(3);
  grow(9);
  grow(3);
  return pick() * 1000 + pick() * 100 + pick() * 10 + pick();
}

SEC("tc")
int bpf_rbtree_remove__takes_out(struct __sk_buff* skb) {
  grow(skb->len & 7);
  return pick();
}

SEC("tc")
int bpf_rbtree_add_impl__EINVAL_of_one_that_is_in_a_tree(struct __sk_buff* skb) {
  struct counted* const one = make(struct counted);
  if (!one) return -1;
  struct counted* const other = share(one);
  bpf_spin_lock(&counted_lock);
  const int first = bpf_rbtree_add_impl(&counted_tree, &one->branch, counted_less, 0, 0);
  const int second = bpf_rbtree_add_impl(&counted_tree, &other->branch, counted_less, 0, 0);
  struct bpf_rb_node* node = bpf_rbtree_first(&counted_tree);
  if (node) node = bpf_rbtree_remove(&counted_tree, node);
  bpf_spin_unlock(&counted_lock);
  if (node) drop(object_of(node, struct counted, branch));
  return first ? first * 1000 : second;
}

SEC("tc")
int bpf_rbtree_remove__of_one_that_a_list_has_too(struct __sk_buff* skb) {
  struct counted* const one = make(struct counted);
  if (!one) return -1;
  one->number = skb->len;
  struct counted* const other = share(one);
  bpf_spin_lock(&counted_lock);
  bpf_rbtree_add_impl(&counted_tree, &one->branch, counted_less, 0, 0);
  bpf_list_push_back_impl(&counted_items, &other->link, 0, 0);
  struct bpf_rb_node* node = bpf_rbtree_first(&counted_tree);
  if (node) node = bpf_rbtree_remove(&counted_tree, node);
  bpf_spin_unlock(&counted_lock);
  if (!node) return -2;
  drop(object_of(node, struct counted, branch));
  bpf_spin_lock(&counted_lock);
  struct bpf_list_node* const link = bpf_list_pop_front(&counted_items);
  bpf_spin_unlock(&counted_lock);
  if (!link) return -3;
  struct counted* const last = object_of(link, struct counted, link);
  const int number = (int)last->number;
  drop(last);
  return number;
}

/// The tree's shape: the numbers of root, left and right child, and of the leftmost grandchildren.
static int shape(void) {
  int digits = 0;
  bpf_spin_lock(&lock);
  struct bpf_rb_node* const root = bpf_rbtree_root(&tree);
  if (root) {
    digits = (int)twig_of(root)->number;
    struct bpf_rb_node* const left = bpf_rbtree_left(&tree, root);
    if (left) {
      digits = digits * 16 + (int)twig_of(left)->number;
      struct bpf_rb_node* const below = bpf_rbtree_right(&tree, left);
      if (below) digits = digits * 16 + (int)twig_of(below)->number;
    }
    struct bpf_rb_node* const right = bpf_rbtree_right(&tree, root);
    if (right) {
      digits = digits * 16 + (int)twig_of(right)->number;
      struct bpf_rb_node* const below = bpf_rbtree_left(&tree, right);
      if (below) digits = digits * 16 + (int)twig_of(below)->number;
    }
  }
  bpf_spin_unlock(&lock);
  return digits;
}

static void clear(void) {
  for (int i = 0; i < 16; ++i)
    if (pick() == 0) break;
}

SEC("tc")
int bpf_rbtree_root__after_rising_numbers(struct __sk_buff* skb) {
  for (__u32 i = 1; i < 12; ++i) grow(i);
  const int before = shape();
  pick();
  pick();
  pick();
  const int after = shape();
  clear();
  return before * 31 + after;
}

SEC("tc")
int bpf_rbtree_left__after_falling_numbers(struct __sk_buff* skb) {
  for (__u32 i = 14; i > 2; --i) grow(i);
  const int before = shape();
  pick();
  const int after = shape();
  clear();
  return before * 31 + after;
}

SEC("tc")
int bpf_rbtree_right__after_mixed_numbers(struct __sk_buff* skb) {
  __u32 number = skb->len;
  int sum = 0;
  for (int i = 0; i < 14; ++i) {
    number = number * 1103515245 + 12345;
    grow(1 + (number >> 16) % 14);
    sum = sum * 31 + shape();
    if (number & 1 << 20) sum = sum * 31 + pick();
  }
  clear();
  return sum & 0x7fffffff;
}

SEC("tc")
int map_delete_elem__frees_the_nodes_of_a_tree(struct __sk_buff* skb) {
  const struct value empty = {.count = 1};
  const __u32 key = 8;
  bpf_map_update_elem(&table, &key, &empty, BPF_ANY);
  struct value* const value = bpf_map_lookup_elem(&table, &key);
  struct twig* const twig = make_twig(4);
  if (!twig) return -1;
  if (!value) {
    drop(twig);
    return -2;
  }
  bpf_spin_lock(&value->lock);
  const int error = bpf_rbtree_add_impl(&value->tree, &twig->branch, less, 0, 0);
  bpf_spin_unlock(&value->lock);
  bpf_map_delete_elem(&table, &key);
  return error + 2;
}

char _license[] SEC("license") = "GPL";
