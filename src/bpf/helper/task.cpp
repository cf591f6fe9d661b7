// kernel/bpf/helpers.c and kernel/trace/bpf_trace.c, Linux 6.18, as they answer in the idle task: it has number 0,
// belongs to root, has no memory and takes no signals. Its structures read as zeroes.
#include "helper/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "helper/errno.h"
#include "helper/owner.h"
#include "map/owner_storage.h"

namespace saya::helper {
namespace {

constexpr uint32_t kNamespaceInfo = 8;  // struct bpf_pidns_info
constexpr uint64_t kCreate = 1;         // BPF_LOCAL_STORAGE_GET_F_CREATE

/// Stands for struct task_struct and its struct pt_regs: larger than either in any configuration.
alignas(8) constexpr std::array<std::byte, 16384> kIdleTask{};

uint64_t idle_task(const Run& run) noexcept {
  abi::grant(run, abi::Grants::Kind::object, kIdleTask.data(), kIdleTask.size(), false);
  return reinterpret_cast<uint64_t>(kIdleTask.data());
}

uint64_t storage(Map& map, const std::byte* initial, uint64_t flags) noexcept {
  if (flags & ~kCreate) return 0;
  return reinterpret_cast<uint64_t>(static_cast<OwnerStorage&>(map).get(initial, flags & kCreate));
}

uint64_t refuse(std::byte* to, uint32_t size, int error) noexcept {
  if (size != 0) std::memset(to, 0, size);
  return result(error);
}

}  // namespace

uint64_t get_current_pid_tgid(Run&) noexcept { return 0; }

uint64_t get_current_uid_gid(Run&) noexcept { return 0; }

uint64_t get_current_comm(Run& run, std::byte* to, uint32_t size) noexcept {
  std::array<char, 16> name{};  // TASK_COMM_LEN
  fmt::format_to_n(name.data(), name.size() - 1, "swapper/{}", run.services->cpu);
  std::memset(to, 0, size);
  std::memcpy(to, name.data(), std::min<size_t>(std::strlen(name.data()), size - 1));
  return 0;
}

uint64_t get_ns_current_pid_tgid(Run&, uint64_t, uint64_t, std::byte* to, uint32_t size) noexcept {
  return refuse(to, size, -EINVAL);  // There is no name space to name.
}

uint64_t get_current_task(Run&) noexcept { return reinterpret_cast<uint64_t>(kIdleTask.data()); }

uint64_t get_current_task_btf(Run& run) noexcept { return idle_task(run); }

uint64_t get_current_cgroup_id(Run&) noexcept { return kRootCgroup; }

uint64_t get_current_ancestor_cgroup_id(Run&, int32_t level) noexcept { return level == 0 ? kRootCgroup : 0; }

uint64_t current_task_under_cgroup(Run& run, Map* map, uint32_t index) noexcept {
  if (index >= map->spec().max_entries) return result(-E2BIG);
  std::array<std::byte, sizeof index> key;
  std::memcpy(key.data(), &index, sizeof index);
  return map->lookup(key.data(), run.services->cpu) ? 0 : result(-EAGAIN);
}

uint64_t send_signal(Run&, uint32_t) noexcept { return result(-EPERM); }

uint64_t send_signal_thread(Run&, uint32_t) noexcept { return result(-EPERM); }

uint64_t get_task_stack(Run&, const void*, std::byte* to, uint32_t size, uint64_t) noexcept {
  return refuse(to, size, -EFAULT);
}

uint64_t task_pt_regs(Run& run, const void*) noexcept { return idle_task(run); }

uint64_t get_branch_snapshot(Run&, std::byte*, uint32_t, uint64_t flags) noexcept {
  return result(flags ? -EINVAL : -ENOENT);
}

uint64_t find_vma(Run&, const void*, uint64_t, uint64_t, uint64_t, uint64_t flags) noexcept {
  return result(flags ? -EINVAL : -ENOENT);
}

uint64_t task_storage_get(Run&, Map* map, const void* task, const std::byte* initial, uint64_t flags) noexcept {
  return task ? storage(*map, initial, flags) : 0;
}

uint64_t task_storage_delete(Run&, Map* map, const void* task) noexcept {
  return result(task ? static_cast<OwnerStorage*>(map)->remove() : -EINVAL);
}

uint64_t cgrp_storage_get(Run&, Map* map, const void* cgroup, const std::byte* initial, uint64_t flags) noexcept {
  return cgroup ? storage(*map, initial, flags) : 0;
}

uint64_t cgrp_storage_delete(Run&, Map* map, const void* cgroup) noexcept {
  return result(cgroup ? static_cast<OwnerStorage*>(map)->remove() : -EINVAL);
}

uint64_t per_cpu_ptr(Run&, const void* variable, uint32_t cpu) noexcept {
  return cpu == 0 ? reinterpret_cast<uint64_t>(variable) : 0;
}

uint64_t this_cpu_ptr(Run&, const void* variable) noexcept { return reinterpret_cast<uint64_t>(variable); }

}  // namespace saya::helper
