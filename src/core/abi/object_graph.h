// Lists and trees of objects: what is behind a struct bpf_list_head and a struct bpf_rb_root.
#pragma once

#include <cstdint>

namespace saya::abi {

class Graph;

/// An object's place in one list or tree: what is behind its struct bpf_list_node or bpf_rb_node. Plain links: who owns
/// what is for owned_objects.h.
struct GraphNode {
  Graph* owner = nullptr;  ///< Null while it is in none.
  GraphNode* parent = nullptr;
  GraphNode* left = nullptr;   ///< In a list the one before,
  GraphNode* right = nullptr;  ///< and the one after.
  bool red = false;
};

/// A list, or a red-black tree that takes the shapes which Linux's take: programs see them. Borrows its nodes; those
/// that come must be in no graph, those that go in this one.
class Graph {
 public:
  enum class Kind : uint8_t { list, tree };
  explicit Graph(Kind kind) noexcept : kind_(kind) {}
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  Kind kind() const noexcept { return kind_; }
  GraphNode* root() const noexcept { return root_; }  ///< Of a tree.
  /// The first of a list, the leftmost of a tree; null when it is empty.
  GraphNode* first() const noexcept;
  GraphNode* last() const noexcept { return last_; }  ///< Of a list.

  /// Into a list, at its beginning or its end.
  void push(GraphNode& node, bool front) noexcept;
  /// Into a tree, below `parent`, where nothing is yet on that side; null makes it the root.
  void insert(GraphNode& node, GraphNode* parent, bool left) noexcept;
  void remove(GraphNode& node) noexcept;

 private:
  void unlink(GraphNode& node) noexcept;
  void rotate(GraphNode& node, bool to_left) noexcept;
  void replace(GraphNode& old, GraphNode* by) noexcept;
  void erase(GraphNode& node) noexcept;
  void settle_insert(GraphNode* node) noexcept;
  void settle_erase(GraphNode* node, GraphNode* parent) noexcept;
  GraphNode* settle_sibling(GraphNode& parent, bool node_is_left) noexcept;

  const Kind kind_;
  GraphNode* root_ = nullptr;  ///< A list's first.
  GraphNode* last_ = nullptr;
};

}  // namespace saya::abi
