// The objects that programs allocate (bpf_obj_new) and keep in map values, lists and trees.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "abi/object_graph.h"
#include "map/map.h"

namespace saya::abi {

/// A struct that programs allocate objects of.
struct ObjectType {
  uint32_t btf_type = 0;  ///< Its id in the program's BTF.
  std::string name;
  uint32_t size = 0;
  std::vector<MapField> fields;  ///< In offset order; nodes and references count among them.

  /// A field of that kind, or null. `at`: where it begins.
  const MapField* find(MapField::Kind kind) const noexcept;
  const MapField* find(MapField::Kind kind, size_t at) const noexcept;
};
using ObjectTypePtr = std::shared_ptr<const ObjectType>;

/// Every object that the programs of one NIC own, shared by its workers: members may be called from any thread. Objects
/// are counted as in the kernel: whoever holds one owns a reference, a program, a pointer in a map value or in another
/// object, a list, a tree.
///
/// What a program or another process writes can break nothing here. An object's bytes hold none of this bookkeeping,
/// and live as long as this does: a stale address reaches bytes of another object at worst. A pointer, list or tree in
/// a map value is what is remembered of that place while the place holds the mark it was given. A map that zeroes it
/// (the element is deleted, or gets another value) or goes away has dropped what it held, which is noticed when the
/// place is used again, or when there are many objects.
class OwnedObjects {
 public:
  static constexpr uint32_t kMostObjectBytes = 4088;       ///< BPF_MEM_ALLOC_SIZE_MAX, less a link.
  static constexpr size_t kMostBytes = size_t{256} << 20;  ///< Of all objects together.

  /// `nr_cpus`: how many copies a per-CPU object has.
  explicit OwnedObjects(uint32_t nr_cpus = 1) noexcept : copies_(nr_cpus) {}

  /// A new object, all zeroes, with one reference, which is the caller's; null when there is no room. `per_cpu`: one
  /// copy for each CPU.
  std::byte* create(const ObjectTypePtr& type, bool per_cpu = false) noexcept;
  /// One more reference; false when there is no such object, or its references cannot be counted.
  bool acquire(std::byte* object) noexcept;
  /// Gives a reference back. The last one takes the object and what it holds with it.
  void drop(std::byte* object) noexcept;
  /// That CPU's copy; null for an object that has no copies, and past the last.
  std::byte* copy_of(std::byte* object, uint32_t cpu) noexcept;

  /// An object that lives now. Its type lives as long as this.
  struct Found {
    std::byte* begin = nullptr;
    const ObjectType* type = nullptr;
    bool per_cpu = false;
  };
  /// The object that has those bytes; a null one when there is none.
  Found find(const void* address) const noexcept;
  /// Objects that live, after a look for those whose holders are gone.
  size_t count() noexcept;

  // Places: `map` is the one whose value has the field, null for a field of an object. A place that is neither is an
  // empty one which nothing can be put into.

  struct Exchanged {
    uint64_t pointer = 0;
    bool owned = false;  ///< It is one of these objects; the caller has its reference.
  };
  /// Puts a pointer there and takes out what was. Of an object the caller's reference goes along; other pointers are
  /// only numbers here. A place that nothing can be put into gives the pointer back.
  Exchanged exchange(std::byte* place, Map* map, uint64_t pointer) noexcept;

  /// Into the list at `head`, at its beginning or its end. The caller's reference to the object goes along, also with
  /// an error: -EINVAL for a node that is in a list or tree already.
  int push(std::byte* head, Map* map, std::byte* node, bool front) noexcept;
  /// The first or last node, out of the list and with a reference; null when it is empty.
  std::byte* pop(std::byte* head, Map* map, bool front) noexcept;
  /// The same, which stays in the list.
  std::byte* peek(std::byte* head, Map* map, bool front) noexcept;

  using Less = std::function<bool(std::byte* a, std::byte* b)>;
  /// Into the tree at `root`, as push(). `less` is called without any lock; when the tree changes meanwhile so that the
  /// node has no place any more, the answer is -EINVAL too.
  int add(std::byte* root, Map* map, std::byte* node, const Less& less) noexcept;
  /// The node, out of the tree and with a reference; null when it is in another.
  std::byte* remove(std::byte* root, Map* map, std::byte* node) noexcept;
  enum class Which : uint8_t { root, first, left, right };
  /// A node of the tree, which stays there: its root, its leftmost, or a child of `node`, which must be in it. Or null.
  std::byte* look(std::byte* root, Map* map, Which which, const std::byte* node = nullptr) noexcept;

 private:
  struct Object;
  struct Node : GraphNode {
    Object* object = nullptr;
    uint32_t offset = 0;
    std::byte* address() const noexcept { return object->begin + offset; }
  };
  struct Object {
    std::byte* begin = nullptr;
    const ObjectType* type = nullptr;
    uint32_t references = 1;
    bool per_cpu = false;
    size_t room = 0;          ///< Bytes that it takes.
    std::vector<Node> nodes;  ///< One for each node among the fields.
  };
  /// A field that holds something.
  struct Place {
    bool in_map = false;
    std::weak_ptr<Map> map;
    uint64_t mark = 0;       ///< What the field's bytes say while this is true.
    Object* held = nullptr;  ///< Of a pointer.
    std::unique_ptr<Graph> graph;
  };
  using Places = std::map<std::byte*, Place>;

  static bool is_current(const Places::value_type& place) noexcept;
  static std::byte* address(const GraphNode* node) noexcept;
  std::byte* allocate(size_t room) noexcept;
  Object* object_at(const void* address) noexcept;
  Node* node_at(const std::byte* address) noexcept;
  Place* place_at(std::byte* address) noexcept;
  bool bind(Place& place, std::byte* address, Map* map) noexcept;
  Graph* graph_at(std::byte* address, Map* map, Graph::Kind kind) noexcept;
  Node* claim(std::byte* node) noexcept;
  void look_at_owner(const Graph& graph) noexcept;
  int give_up(std::byte* node) noexcept;
  void release(Place& place) noexcept;
  void destroy(Object& object) noexcept;
  void drain() noexcept;
  void sweep() noexcept;

  mutable std::mutex mutex_;  ///< Over everything below; never held during a call.
  const uint32_t copies_;
  std::map<const std::byte*, Object> objects_;
  Places places_;
  std::vector<Object*> pending_;   ///< References that are to be given back.
  std::set<ObjectTypePtr> types_;  ///< Of all objects that ever were.
  uint64_t next_mark_ = 1;
  size_t sweep_at_ = 1024;            ///< How many objects make it worth looking for dead places.
  Graph joining_{Graph::Kind::tree};  ///< "Owns" a node while its place is looked for.

  static constexpr size_t kSizes = 24;  ///< Powers of two.
  std::array<std::vector<std::byte*>, kSizes> free_;
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  size_t bytes_ = 0;
};

}  // namespace saya::abi
