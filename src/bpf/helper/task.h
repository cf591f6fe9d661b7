// The current task, of which packets know nothing: every program runs as if it had interrupted the idle task of its
// CPU.
#pragma once

#include "abi/run.h"
#include "map/map.h"

namespace saya::helper {

using abi::Run;

uint64_t get_current_pid_tgid(Run& run) noexcept;
uint64_t get_current_uid_gid(Run& run) noexcept;
uint64_t get_current_comm(Run& run, std::byte* to, uint32_t size) noexcept;
uint64_t get_ns_current_pid_tgid(Run& run, uint64_t device, uint64_t inode, std::byte* to, uint32_t size) noexcept;
uint64_t get_current_task(Run& run) noexcept;
uint64_t get_current_task_btf(Run& run) noexcept;
uint64_t get_current_cgroup_id(Run& run) noexcept;
uint64_t get_current_ancestor_cgroup_id(Run& run, int32_t level) noexcept;
uint64_t current_task_under_cgroup(Run& run, Map* map, uint32_t index) noexcept;
uint64_t send_signal(Run& run, uint32_t number) noexcept;
uint64_t send_signal_thread(Run& run, uint32_t number) noexcept;
uint64_t get_task_stack(Run& run, const void* task, std::byte* to, uint32_t size, uint64_t flags) noexcept;
uint64_t task_pt_regs(Run& run, const void* task) noexcept;
uint64_t get_branch_snapshot(Run& run, std::byte* to, uint32_t size, uint64_t flags) noexcept;
uint64_t find_vma(Run& run, const void* task, uint64_t address, uint64_t function, uint64_t context,
                  uint64_t flags) noexcept;
uint64_t task_storage_get(Run& run, Map* map, const void* task, const std::byte* initial, uint64_t flags) noexcept;
uint64_t task_storage_delete(Run& run, Map* map, const void* task) noexcept;
uint64_t cgrp_storage_get(Run& run, Map* map, const void* cgroup, const std::byte* initial, uint64_t flags) noexcept;
uint64_t cgrp_storage_delete(Run& run, Map* map, const void* cgroup) noexcept;

}  // namespace saya::helper
