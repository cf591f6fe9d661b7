// Lists and trees of objects that programs own. `meta` and `offset` are the kernel verifier's words to itself.
#pragma once

#include <cstdint>

#include "abi/run.h"

namespace saya::helper {

using abi::Run;

uint64_t bpf_list_push_front_impl(Run& run, std::byte* head, std::byte* node, uint64_t meta, uint64_t offset) noexcept;
uint64_t bpf_list_push_back_impl(Run& run, std::byte* head, std::byte* node, uint64_t meta, uint64_t offset) noexcept;
uint64_t bpf_list_pop_front(Run& run, std::byte* head) noexcept;
uint64_t bpf_list_pop_back(Run& run, std::byte* head) noexcept;
uint64_t bpf_list_front(Run& run, std::byte* head) noexcept;
uint64_t bpf_list_back(Run& run, std::byte* head) noexcept;

/// `less` is called with the new node and one of the tree.
uint64_t bpf_rbtree_add_impl(Run& run, std::byte* root, std::byte* node, uint64_t less, uint64_t meta,
                             uint64_t offset) noexcept;
uint64_t bpf_rbtree_remove(Run& run, std::byte* root, std::byte* node) noexcept;
uint64_t bpf_rbtree_first(Run& run, std::byte* root) noexcept;
uint64_t bpf_rbtree_root(Run& run, std::byte* root) noexcept;
uint64_t bpf_rbtree_left(Run& run, std::byte* root, std::byte* node) noexcept;
uint64_t bpf_rbtree_right(Run& run, std::byte* root, std::byte* node) noexcept;

}  // namespace saya::helper
