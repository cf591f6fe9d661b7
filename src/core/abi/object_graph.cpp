// The algorithms for red-black trees of Cormen, Leiserson, Rivest and Stein, whose shapes are those of lib/rbtree.c.
#include "abi/object_graph.h"

namespace saya::abi {
namespace {

bool is_red(const GraphNode* node) noexcept { return node && node->red; }
GraphNode*& child(GraphNode& node, bool left) noexcept { return left ? node.left : node.right; }

}  // namespace

GraphNode* Graph::first() const noexcept {
  GraphNode* node = root_;
  while (kind_ == Kind::tree && node && node->left) node = node->left;
  return node;
}

void Graph::push(GraphNode& node, bool front) noexcept {
  GraphNode* const beside = front ? root_ : last_;
  node = {.owner = this, .left = front ? nullptr : beside, .right = front ? beside : nullptr};
  if (beside) child(*beside, front) = &node;
  if (front || !root_) root_ = &node;
  if (!front || !last_) last_ = &node;
}

void Graph::unlink(GraphNode& node) noexcept {
  (node.left ? node.left->right : root_) = node.right;
  (node.right ? node.right->left : last_) = node.left;
}

void Graph::insert(GraphNode& node, GraphNode* parent, bool left) noexcept {
  node = {.owner = this, .parent = parent, .red = true};
  (parent ? child(*parent, left) : root_) = &node;
  settle_insert(&node);
}

void Graph::remove(GraphNode& node) noexcept {
  if (kind_ == Kind::list)
    unlink(node);
  else
    erase(node);
  node = {};
}

/// Puts `by` where `old` hangs; `old` keeps its own links.
void Graph::replace(GraphNode& old, GraphNode* by) noexcept {
  (old.parent ? child(*old.parent, old.parent->left == &old) : root_) = by;
  if (by) by->parent = old.parent;
}

/// Lets `node` sink to one side, and its child of the other take its place.
void Graph::rotate(GraphNode& node, bool to_left) noexcept {
  GraphNode& up = *child(node, !to_left);
  GraphNode*& inner = child(up, to_left);
  replace(node, &up);
  child(node, !to_left) = inner;
  if (inner) inner->parent = &node;
  inner = &node;
  node.parent = &up;
}

void Graph::settle_insert(GraphNode* node) noexcept {
  while (is_red(node->parent)) {
    GraphNode* parent = node->parent;
    GraphNode& above = *parent->parent;  // A red node is never the root.
    const bool left = above.left == parent;
    GraphNode* const uncle = child(above, !left);
    if (is_red(uncle)) {
      parent->red = uncle->red = false;
      above.red = true;
      node = &above;
      continue;
    }
    if (child(*parent, !left) == node) {
      rotate(*parent, left);
      parent = node;
    }
    parent->red = false;
    above.red = true;
    rotate(above, !left);
    break;
  }
  root_->red = false;
}

void Graph::erase(GraphNode& node) noexcept {
  GraphNode* rises = node.left ? node.left : node.right;
  GraphNode* parent = node.parent;
  bool red = node.red;
  if (!node.left || !node.right) {
    replace(node, rises);
  } else {
    GraphNode* next = node.right;
    while (next->left) next = next->left;
    red = next->red;
    rises = next->right;
    parent = next;
    if (next != node.right) {
      parent = next->parent;
      replace(*next, rises);
      next->right = node.right;
      next->right->parent = next;
    }
    replace(node, next);
    next->left = node.left;
    next->left->parent = next;
    next->red = node.red;
  }
  if (!red) settle_erase(rises, parent);
}

/// Makes the sibling of a node that lacks a black one such that one rotation helps; null when there is no need, since
/// the lack has moved up to the parent.
GraphNode* Graph::settle_sibling(GraphNode& parent, bool node_is_left) noexcept {
  GraphNode* sibling = child(parent, !node_is_left);
  if (is_red(sibling)) {
    sibling->red = false;
    parent.red = true;
    rotate(parent, node_is_left);
    sibling = child(parent, !node_is_left);
  }
  if (is_red(child(*sibling, !node_is_left))) return sibling;
  GraphNode* const inner = child(*sibling, node_is_left);
  sibling->red = true;
  if (!is_red(inner)) return nullptr;
  inner->red = false;
  rotate(*sibling, !node_is_left);
  return inner;
}

void Graph::settle_erase(GraphNode* node, GraphNode* parent) noexcept {
  while (parent && !is_red(node)) {
    const bool left = parent->left == node;
    if (GraphNode* const sibling = settle_sibling(*parent, left)) {
      sibling->red = parent->red;
      parent->red = child(*sibling, !left)->red = false;
      rotate(*parent, left);
      return;
    }
    node = parent;
    parent = node->parent;
  }
  if (node) node->red = false;
}

}  // namespace saya::abi
