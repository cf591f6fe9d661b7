// Lists keep order, trees keep their laws under any mix of insertions and removals.
#include "abi/object_graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "abi/run.h"

namespace saya::abi {
namespace {

struct Number : GraphNode {
  uint32_t value = 0;
};
const Number* number(const GraphNode* node) { return static_cast<const Number*>(node); }

/// The height in black nodes; -1 where a law is broken.
int black_height(const GraphNode* node, const GraphNode* parent) {
  if (!node) return 0;
  if (node->parent != parent || (node->red && parent && parent->red)) return -1;
  const int left = black_height(node->left, node), right = black_height(node->right, node);
  if (left < 0 || left != right) return -1;
  return left + (node->red ? 0 : 1);
}

void collect(const GraphNode* node, std::vector<uint32_t>& values) {
  if (!node) return;
  collect(node->left, values);
  values.push_back(number(node)->value);
  collect(node->right, values);
}

void add(Graph& tree, Number& node) {
  GraphNode* parent = nullptr;
  bool left = false;
  for (GraphNode* at = tree.root(); at; at = left ? at->left : at->right) {
    parent = at;
    left = node.value < number(at)->value;
  }
  tree.insert(node, parent, left);
}

TEST(ObjectGraph, ATreeKeepsItsLaws) {
  constexpr size_t kNodes = 64;
  Random random(7);
  Graph tree(Graph::Kind::tree);
  std::array<Number, kNodes> nodes;
  size_t inside = 0;
  for (int round = 0; round < 20000; ++round) {
    Number& node = nodes[random.next() % kNodes];
    if (node.owner) {
      tree.remove(node);
      --inside;
    } else {
      node.value = static_cast<uint32_t>(random.next() % 40);
      add(tree, node);
      ++inside;
    }
    ASSERT_GE(black_height(tree.root(), nullptr), 0) << "round " << round;
    ASSERT_FALSE(tree.root() && tree.root()->red);
    std::vector<uint32_t> values;
    collect(tree.root(), values);
    ASSERT_EQ(values.size(), inside);
    ASSERT_TRUE(std::ranges::is_sorted(values));
    if (inside) {
      ASSERT_EQ(number(tree.first())->value, values.front());
    }
  }
}

TEST(ObjectGraph, EqualsStandBehindThoseBefore) {
  Graph tree(Graph::Kind::tree);
  std::array<Number, 3> nodes;
  for (Number& node : nodes) add(tree, node);
  EXPECT_EQ(tree.first(), &nodes[0]);
  tree.remove(nodes[0]);
  EXPECT_EQ(tree.first(), &nodes[1]);
}

TEST(ObjectGraph, AListHasTwoEnds) {
  Graph list(Graph::Kind::list);
  std::array<Number, 4> nodes;
  list.push(nodes[1], true);
  list.push(nodes[0], true);
  list.push(nodes[2], false);
  list.push(nodes[3], false);
  for (const size_t i : {0u, 1u, 2u, 3u}) {
    EXPECT_EQ(list.first(), &nodes[i]);
    EXPECT_EQ(list.last(), &nodes[3]);
    list.remove(*list.first());
    EXPECT_EQ(nodes[i].owner, nullptr);
  }
  EXPECT_EQ(list.first(), nullptr);
  EXPECT_EQ(list.last(), nullptr);
}

TEST(ObjectGraph, OneInTheMiddleOfAListGoes) {
  Graph list(Graph::Kind::list);
  std::array<Number, 3> nodes;
  for (Number& node : nodes) list.push(node, false);
  list.remove(nodes[1]);
  EXPECT_EQ(nodes[0].right, &nodes[2]);
  EXPECT_EQ(nodes[2].left, &nodes[0]);
}

}  // namespace
}  // namespace saya::abi
