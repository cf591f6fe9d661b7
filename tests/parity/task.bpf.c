// What helpers about the current task answer where the task makes no difference.
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

struct task_struct;

struct {
  __uint(type, BPF_MAP_TYPE_CGROUP_ARRAY);
  __uint(key_size, 4);
  __uint(value_size, 4);
  __uint(max_entries, 2);
} groups SEC(".maps");

struct kept {
  __u64 a, b;
};
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct kept);
} kept SEC(".maps");

char text[32];

SEC("tc")
int current_task_under_cgroup__E2BIG(struct __sk_buff* skb) { return (int)bpf_current_task_under_cgroup(&groups, 2); }
SEC("tc")
int current_task_under_cgroup__EAGAIN(struct __sk_buff* skb) { return (int)bpf_current_task_under_cgroup(&groups, 1); }

SEC("tc")
int get_ns_current_pid_tgid__EINVAL(struct __sk_buff* skb) {
  struct bpf_pidns_info info = {.pid = 7};
  long error = bpf_get_ns_current_pid_tgid(1, 2, &info, sizeof info);
  return info.pid ? -1 : (int)error;
}

SEC("xdp")
int probe_read_kernel__a_map_value(struct xdp_md* xdp) {
  char from[8] = "copied";
  long error = bpf_probe_read_kernel(text, 8, from);
  return error ? -1 : text[3];
}
SEC("xdp")
int probe_read_kernel__ERANGE(struct xdp_md* xdp) {
  __u64 to = 7;
  long error = bpf_probe_read_kernel(&to, sizeof to, (void*)8);
  return to ? -1 : (int)error;
}
SEC("xdp")
int probe_read_kernel_str__cuts(struct xdp_md* xdp) {
  static const char from[] = "a text that is longer";
  long length = bpf_probe_read_kernel_str(text, 7, from);
  return (int)length * 256 + text[6] + text[5];
}
SEC("xdp")
int probe_read_kernel_str__ends(struct xdp_md* xdp) {
  static const char from[] = "short";
  text[6] = 'q';
  long length = bpf_probe_read_kernel_str(text, sizeof text, from);
  return (int)length * 256 + text[5] + text[4];
}
SEC("xdp")
int probe_read_kernel_str__ERANGE(struct xdp_md* xdp) {
  return (int)bpf_probe_read_kernel_str(text, sizeof text, (void*)8);
}
SEC("tc")
int probe_read_user__EFAULT(struct __sk_buff* skb) {
  __u64 to = 7;
  long error = bpf_probe_read_user(&to, sizeof to, (void*)8);
  return to ? -1 : (int)error;
}
SEC("tc")
int probe_read_user_str__EFAULT(struct __sk_buff* skb) {
  __u64 to = 7;
  long error = bpf_probe_read_user_str(&to, sizeof to, (void*)8);
  return to ? -1 : (int)error;
}

static long see(struct task_struct* task, void* area, void* context) { return 0; }

SEC("tc")
int find_vma__EINVAL(struct __sk_buff* skb) { return (int)bpf_find_vma(bpf_get_current_task_btf(), 0, see, NULL, 1); }
SEC("tc")
int find_vma__ENOENT(struct __sk_buff* skb) { return (int)bpf_find_vma(bpf_get_current_task_btf(), 1, see, NULL, 0); }
SEC("tc")
int get_branch_snapshot__EINVAL(struct __sk_buff* skb) { return (int)bpf_get_branch_snapshot(text, 24, 1); }
SEC("tc")
int get_branch_snapshot__ENOENT(struct __sk_buff* skb) { return (int)bpf_get_branch_snapshot(text, 24, 0); }

SEC("tc")
int snprintf_btf__EINVAL(struct __sk_buff* skb) {
  struct btf_ptr pointer = {};
  return (int)bpf_snprintf_btf(text, sizeof text, &pointer, sizeof pointer, 0);
}
SEC("tc")
int snprintf_btf__EINVAL_flags(struct __sk_buff* skb) {
  struct btf_ptr pointer = {.type_id = 1};
  return (int)bpf_snprintf_btf(text, sizeof text, &pointer, sizeof pointer, 1 << 8);
}
SEC("tc")
int snprintf_btf__ENOENT(struct __sk_buff* skb) {
  struct btf_ptr pointer = {.type_id = 0x7fffffff};
  return (int)bpf_snprintf_btf(text, sizeof text, &pointer, sizeof pointer, 0);
}

SEC("tc")
int task_storage_get__nothing(struct __sk_buff* skb) {
  struct task_struct* task = bpf_get_current_task_btf();
  bpf_task_storage_delete(&kept, task);
  return !bpf_task_storage_get(&kept, task, NULL, 0) + 2 * !bpf_task_storage_get(&kept, task, NULL, 3);
}
SEC("tc")
int task_storage_get__makes_one(struct __sk_buff* skb) {
  struct task_struct* task = bpf_get_current_task_btf();
  struct kept initial = {3, 4}, other = {5, 6};
  bpf_task_storage_delete(&kept, task);
  struct kept* value = bpf_task_storage_get(&kept, task, &initial, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (!value) return -1;
  value->a += 10;
  value = bpf_task_storage_get(&kept, task, &other, BPF_LOCAL_STORAGE_GET_F_CREATE);
  return value ? (int)(value->a * 100 + value->b) : -2;
}
SEC("tc")
int task_storage_get__zeroes(struct __sk_buff* skb) {
  struct task_struct* task = bpf_get_current_task_btf();
  bpf_task_storage_delete(&kept, task);
  struct kept* value = bpf_task_storage_get(&kept, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
  return value ? (int)(value->a + value->b) : -1;
}
SEC("tc")
int task_storage_delete__ENOENT(struct __sk_buff* skb) {
  struct task_struct* task = bpf_get_current_task_btf();
  bpf_task_storage_delete(&kept, task);
  return (int)bpf_task_storage_delete(&kept, task);
}
SEC("tc")
int task_storage_delete__what_is_there(struct __sk_buff* skb) {
  struct task_struct* task = bpf_get_current_task_btf();
  bpf_task_storage_get(&kept, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
  return (int)bpf_task_storage_delete(&kept, task);
}

char _license[] SEC("license") = "GPL";
