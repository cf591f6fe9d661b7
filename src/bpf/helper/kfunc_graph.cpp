// kernel/bpf/helpers.c, Linux 6.18; the lists and trees are in abi/owned_objects.h.
#include "helper/kfunc_graph.h"

#include "helper/errno.h"
#include "helper/object.h"

namespace saya::helper {
namespace {

using Which = abi::OwnedObjects::Which;

/// Where a list or tree is: its address, and the map that has it, if any.
struct Place {
  abi::OwnedObjects* objects;
  std::byte* address;
  Map* map;
};

Place at(const Run& run, std::byte* address) noexcept {
  return {run.services->objects, address, run.map_around ? run.map_around(run, address) : nullptr};
}

/// The program's reference to the object around `node` goes to a list or tree.
void hand_over(Run& run, const Place& place, const std::byte* node) noexcept {
  if (const std::byte* const object = place.objects->find(node).begin) abi::revoke(run, object);
}

uint64_t push(Run& run, std::byte* head, std::byte* node, bool front) noexcept {
  const Place list = at(run, head);
  if (!list.objects) return result32(-EINVAL);
  hand_over(run, list, node);
  return result32(list.objects->push(list.address, list.map, node, front));
}

uint64_t pop(Run& run, std::byte* head, bool front) noexcept {
  const Place list = at(run, head);
  return list.objects ? hand_out(run, list.objects->pop(list.address, list.map, front)) : 0;
}

uint64_t peek(Run& run, std::byte* head, bool front) noexcept {
  const Place list = at(run, head);
  return list.objects ? reinterpret_cast<uint64_t>(list.objects->peek(list.address, list.map, front)) : 0;
}

uint64_t look(Run& run, std::byte* root, Which which, const std::byte* node = nullptr) noexcept {
  const Place tree = at(run, root);
  return tree.objects ? reinterpret_cast<uint64_t>(tree.objects->look(tree.address, tree.map, which, node)) : 0;
}

}  // namespace

uint64_t bpf_list_push_front_impl(Run& run, std::byte* head, std::byte* node, uint64_t, uint64_t) noexcept {
  return push(run, head, node, true);
}

uint64_t bpf_list_push_back_impl(Run& run, std::byte* head, std::byte* node, uint64_t, uint64_t) noexcept {
  return push(run, head, node, false);
}

uint64_t bpf_list_pop_front(Run& run, std::byte* head) noexcept { return pop(run, head, true); }
uint64_t bpf_list_pop_back(Run& run, std::byte* head) noexcept { return pop(run, head, false); }
uint64_t bpf_list_front(Run& run, std::byte* head) noexcept { return peek(run, head, true); }
uint64_t bpf_list_back(Run& run, std::byte* head) noexcept { return peek(run, head, false); }

uint64_t bpf_rbtree_add_impl(Run& run, std::byte* root, std::byte* node, uint64_t less, uint64_t, uint64_t) noexcept {
  const Place tree = at(run, root);
  if (!tree.objects || !run.invoke) return result32(-EINVAL);
  hand_over(run, tree, node);
  return result32(tree.objects->add(tree.address, tree.map, node, [&run, less](std::byte* a, std::byte* b) {
    return run.invoke(run, less, reinterpret_cast<uint64_t>(a), reinterpret_cast<uint64_t>(b), 0, 0, 0) != 0;
  }));
}

uint64_t bpf_rbtree_remove(Run& run, std::byte* root, std::byte* node) noexcept {
  const Place tree = at(run, root);
  return tree.objects ? hand_out(run, tree.objects->remove(tree.address, tree.map, node)) : 0;
}

uint64_t bpf_rbtree_first(Run& run, std::byte* root) noexcept { return look(run, root, Which::first); }
uint64_t bpf_rbtree_root(Run& run, std::byte* root) noexcept { return look(run, root, Which::root); }

uint64_t bpf_rbtree_left(Run& run, std::byte* root, std::byte* node) noexcept {
  return look(run, root, Which::left, node);
}

uint64_t bpf_rbtree_right(Run& run, std::byte* root, std::byte* node) noexcept {
  return look(run, root, Which::right, node);
}

}  // namespace saya::helper
