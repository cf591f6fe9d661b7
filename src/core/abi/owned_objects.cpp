// Behaves as bpf_obj_new_impl() and its kin of kernel/bpf/helpers.c and bpf_obj_free_fields() of kernel/bpf/syscall.c,
// Linux 6.18. Other than there, a map tells nobody what it drops: see the header.
#include "abi/owned_objects.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace saya::abi {
namespace {

constexpr size_t kChunk = 65536;
constexpr size_t kLeastRoom = 16;

bool is_node(const MapField& field) noexcept {
  return field.kind == MapField::Kind::list_node || field.kind == MapField::Kind::rb_node;
}

std::atomic_ref<uint64_t> word_at(std::byte* place) noexcept {
  return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(place));
}

}  // namespace

const MapField* ObjectType::find(MapField::Kind kind) const noexcept {
  const auto it = std::ranges::find(fields, kind, &MapField::kind);
  return it == fields.end() ? nullptr : &*it;
}

const MapField* ObjectType::find(MapField::Kind kind, size_t at) const noexcept {
  const auto it = std::ranges::find(fields, at, &MapField::offset);
  return it == fields.end() || it->kind != kind ? nullptr : &*it;
}

std::byte* OwnedObjects::address(const GraphNode* node) noexcept {
  return node ? static_cast<const Node*>(node)->address() : nullptr;
}

/// Bytes that were never used, or those of an object that is gone.
std::byte* OwnedObjects::allocate(size_t room) noexcept {
  auto& free = free_[static_cast<size_t>(std::countr_zero(room))];
  if (free.empty()) {
    const size_t size = std::max(kChunk, room);
    if (bytes_ + size > kMostBytes) return nullptr;
    bytes_ += size;
    std::byte* const chunk = chunks_.emplace_back(std::make_unique<std::byte[]>(size)).get();
    for (size_t at = 0; at < size; at += room) free.push_back(chunk + at);
  }
  std::byte* const begin = free.back();
  free.pop_back();
  return begin;
}

std::byte* OwnedObjects::create(const ObjectTypePtr& type, bool per_cpu) noexcept {
  const std::lock_guard lock(mutex_);
  if (type->size == 0 || type->size > kMostObjectBytes) return nullptr;
  if (objects_.size() >= sweep_at_) sweep();
  const size_t each = (type->size + 7u) & ~size_t{7};
  const size_t room = std::bit_ceil(std::max(kLeastRoom, per_cpu ? each * copies_ : each));
  std::byte* const begin = room >> kSizes == 0 ? allocate(room) : nullptr;
  if (!begin) return nullptr;
  std::memset(begin, 0, room);
  types_.insert(type);
  Object& object = objects_[begin];
  object = {.begin = begin, .type = type.get(), .per_cpu = per_cpu, .room = room, .nodes = {}};
  for (const MapField& field : type->fields) {
    if (!is_node(field)) continue;
    Node& node = object.nodes.emplace_back();
    node.object = &object;
    node.offset = field.offset;
  }
  return begin;
}

OwnedObjects::Object* OwnedObjects::object_at(const void* address) noexcept {
  auto it = objects_.upper_bound(static_cast<const std::byte*>(address));
  if (it == objects_.begin()) return nullptr;
  Object& object = (--it)->second;
  return static_cast<const std::byte*>(address) < object.begin + object.type->size ? &object : nullptr;
}

OwnedObjects::Node* OwnedObjects::node_at(const std::byte* address) noexcept {
  Object* const object = object_at(address);
  if (!object) return nullptr;
  const auto offset = static_cast<uint32_t>(address - object->begin);
  const auto it = std::ranges::find(object->nodes, offset, &Node::offset);
  return it == object->nodes.end() ? nullptr : &*it;
}

OwnedObjects::Found OwnedObjects::find(const void* address) const noexcept {
  const std::lock_guard lock(mutex_);
  const Object* const object = const_cast<OwnedObjects*>(this)->object_at(address);
  return object ? Found{object->begin, object->type, object->per_cpu} : Found{};
}

bool OwnedObjects::acquire(std::byte* address) noexcept {
  const std::lock_guard lock(mutex_);
  Object* const object = object_at(address);
  if (!object || object->begin != address || !object->type->find(MapField::Kind::refcount)) return false;
  ++object->references;
  return true;
}

void OwnedObjects::drop(std::byte* address) noexcept {
  const std::lock_guard lock(mutex_);
  Object* const object = object_at(address);
  if (!object || object->begin != address) return;
  pending_.push_back(object);
  drain();
}

std::byte* OwnedObjects::copy_of(std::byte* address, uint32_t cpu) noexcept {
  const std::lock_guard lock(mutex_);
  const Object* const object = object_at(address);
  if (!object || object->begin != address || !object->per_cpu || cpu >= copies_) return nullptr;
  return address + cpu * ((object->type->size + 7u) & ~size_t{7});
}

size_t OwnedObjects::count() noexcept {
  const std::lock_guard lock(mutex_);
  sweep();
  return objects_.size();
}

bool OwnedObjects::is_current(const Places::value_type& entry) noexcept {
  const auto& [at, place] = entry;
  const MapPtr map = place.map.lock();  // Keeps the bytes there for the moment.
  if (place.in_map && !map) return false;
  return word_at(at).load(std::memory_order_relaxed) == place.mark;
}

/// What is remembered of a place and still true.
OwnedObjects::Place* OwnedObjects::place_at(std::byte* address) noexcept {
  const auto it = places_.find(address);
  if (it == places_.end()) return nullptr;
  if (is_current(*it)) return &it->second;
  Place gone = std::move(it->second);
  places_.erase(it);
  release(gone);
  drain();
  return nullptr;
}

/// Says where a place is; false for one that is nowhere, and for a map that nobody owns.
bool OwnedObjects::bind(Place& place, std::byte* address, Map* map) noexcept {
  place.in_map = map != nullptr;
  if (map) place.map = map->weak_from_this();
  return map ? !place.map.expired() : object_at(address) != nullptr;
}

/// The graph at a place, an empty one where there is none yet; null where none can be.
Graph* OwnedObjects::graph_at(std::byte* address, Map* map, Graph::Kind kind) noexcept {
  if (Place* const known = place_at(address))
    return known->graph && known->graph->kind() == kind ? known->graph.get() : nullptr;
  Place place{.map = {}, .mark = next_mark_++, .graph = std::make_unique<Graph>(kind)};
  if (!bind(place, address, map)) return nullptr;
  word_at(address).store(place.mark, std::memory_order_relaxed);
  return (places_[address] = std::move(place)).graph.get();
}

OwnedObjects::Exchanged OwnedObjects::exchange(std::byte* address, Map* map, uint64_t pointer) noexcept {
  const std::lock_guard lock(mutex_);
  const Place* const known = place_at(address);
  if (known && known->graph) return {};
  const auto object = objects_.find(reinterpret_cast<const std::byte*>(pointer));
  Place place{.map = {}, .mark = pointer, .graph = {}};
  if (object != objects_.end()) {
    if (!bind(place, address, map)) return {pointer, true};
    place.held = &object->second;
  }
  const uint64_t before = word_at(address).exchange(pointer, std::memory_order_acq_rel);
  const bool owned = known != nullptr;
  if (known) places_.erase(address);
  if (place.held) places_[address] = std::move(place);
  return {before, owned};
}

void OwnedObjects::release(Place& place) noexcept {
  if (place.held) pending_.push_back(place.held);
  if (!place.graph) return;
  while (GraphNode* const node = place.graph->first()) {
    place.graph->remove(*node);
    pending_.push_back(static_cast<Node*>(node)->object);
  }
}

/// Ends an object; what it held becomes pending.
void OwnedObjects::destroy(Object& object) noexcept {
  const auto begin = places_.lower_bound(object.begin), end = places_.lower_bound(object.begin + object.room);
  for (auto it = begin; it != end; ++it) release(it->second);
  places_.erase(begin, end);
  for (Node& node : object.nodes)  // Only programs that nobody verified can drop what a graph has.
    if (node.owner && node.owner != &joining_) node.owner->remove(node);
  free_[static_cast<size_t>(std::countr_zero(object.room))].push_back(object.begin);
  objects_.erase(object.begin);
}

/// Not recursive: objects may hold objects to any depth.
void OwnedObjects::drain() noexcept {
  while (!pending_.empty()) {
    Object& object = *pending_.back();
    pending_.pop_back();
    if (--object.references == 0) destroy(object);
  }
}

/// Drops what places held that are gone.
void OwnedObjects::sweep() noexcept {
  for (auto it = places_.begin(); it != places_.end();) {
    if (is_current(*it)) {
      ++it;
      continue;
    }
    release(it->second);
    it = places_.erase(it);
  }
  drain();
  sweep_at_ = std::max<size_t>(1024, 2 * objects_.size());
}

/// The graph that has a node may be one whose place is gone: then the node is free.
void OwnedObjects::look_at_owner(const Graph& graph) noexcept {
  const auto it = std::ranges::find_if(places_, [&](const auto& entry) { return entry.second.graph.get() == &graph; });
  if (it != places_.end() && (!it->second.in_map || !is_current(*it))) sweep();
}

/// A node that is in no graph; it is nobody else's until it is in one. Null, and the reference is gone, when it is.
OwnedObjects::Node* OwnedObjects::claim(std::byte* address) noexcept {
  Node* node = node_at(address);
  if (node && node->owner && node->owner != &joining_) {
    look_at_owner(*node->owner);
    node = node_at(address);
  }
  if (!node) return nullptr;
  if (node->owner) {
    pending_.push_back(node->object);
    drain();
    return nullptr;
  }
  node->owner = &joining_;
  return node;
}

/// What was claimed finds no place: its reference is gone.
int OwnedObjects::give_up(std::byte* address) noexcept {
  Node* const node = node_at(address);
  if (!node || node->owner != &joining_) return -EINVAL;
  node->owner = nullptr;
  pending_.push_back(node->object);
  drain();
  return -EINVAL;
}

int OwnedObjects::push(std::byte* head, Map* map, std::byte* address, bool front) noexcept {
  const std::lock_guard lock(mutex_);
  Node* const node = claim(address);
  if (!node) return -EINVAL;
  Graph* const list = graph_at(head, map, Graph::Kind::list);
  if (!list) return give_up(address);
  list->push(*node, front);
  return 0;
}

std::byte* OwnedObjects::pop(std::byte* head, Map* map, bool front) noexcept {
  const std::lock_guard lock(mutex_);
  Graph* const list = graph_at(head, map, Graph::Kind::list);
  GraphNode* const node = list ? front ? list->first() : list->last() : nullptr;
  if (node) list->remove(*node);
  return address(node);
}

std::byte* OwnedObjects::peek(std::byte* head, Map* map, bool front) noexcept {
  const std::lock_guard lock(mutex_);
  const Graph* const list = graph_at(head, map, Graph::Kind::list);
  return list ? address(front ? list->first() : list->last()) : nullptr;
}

int OwnedObjects::add(std::byte* root, Map* map, std::byte* added, const Less& less) noexcept {
  std::unique_lock lock(mutex_);
  Node* node = claim(added);
  if (!node) return -EINVAL;
  Graph* tree = graph_at(root, map, Graph::Kind::tree);
  GraphNode* parent = nullptr;
  GraphNode* next = tree ? tree->root() : nullptr;
  bool left = false;
  while (tree && next) {
    std::byte* const compared = address(next);
    lock.unlock();
    left = less(added, compared);
    lock.lock();
    node = node_at(added);
    tree = graph_at(root, map, Graph::Kind::tree);
    parent = node_at(compared);
    if (!node || node->owner != &joining_ || !parent || parent->owner != tree) return give_up(added);
    next = left ? parent->left : parent->right;
  }
  if (!tree) return give_up(added);
  tree->insert(*node, parent, left);
  return 0;
}

std::byte* OwnedObjects::remove(std::byte* root, Map* map, std::byte* address) noexcept {
  const std::lock_guard lock(mutex_);
  Graph* const tree = graph_at(root, map, Graph::Kind::tree);
  Node* const node = node_at(address);
  if (!tree || !node || node->owner != tree) return nullptr;
  tree->remove(*node);
  return address;
}

std::byte* OwnedObjects::look(std::byte* root, Map* map, Which which, const std::byte* of) noexcept {
  const std::lock_guard lock(mutex_);
  const Graph* const tree = graph_at(root, map, Graph::Kind::tree);
  if (!tree) return nullptr;
  if (which == Which::root) return address(tree->root());
  if (which == Which::first) return address(tree->first());
  const Node* const node = node_at(of);
  if (!node || node->owner != tree) return nullptr;
  return address(which == Which::left ? node->left : node->right);
}

}  // namespace saya::abi
