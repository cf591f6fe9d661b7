// Prefixes of bits over plain memory: a binary trie whose chains of single branches are one node each. Geometry in,
// offsets inside, no pointer stored, no virtual call.
//
//   payload:  state | shortcuts | nodes {children, length, prefix} | values
//
// A node's number is counted from 1; 0 is none. A node without a value of its own only joins two others. All zeroes is
// the empty trie.
//
// A shortcut says for each value of the first kTopBits bits where a way down that begins with them gets to: the longest
// prefix on it that has fewer bits, and the first node that has not. A change renews those below its prefix.
//
// Readers never wait. One writer at a time changes the trie, and each change is seen at once: it fills nodes that
// nobody can see, then changes one link, or it marks one node. What it takes out waits until kQuarantine more nodes
// were taken out before it is used again. So a reader that finds fewer of them gone than that has walked nodes that
// nobody reused; else it walks again.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "map/map.h"

namespace saya {

/// Where things lie in the payload, computed from the spec alone. Offsets and sizes in bytes.
struct LpmLayout {
  explicit LpmLayout(const MapSpec& spec) noexcept;

  uint32_t key_size;
  uint32_t value_size;
  uint32_t max_entries;
  uint32_t capacity;  ///< Nodes: max_entries, as many that join, and those in quarantine.
  size_t data_size;   ///< Of a key without its length.
  size_t stride;
  size_t value_stride;
  bool has_shortcuts;  ///< Keys have more bits than those need.
  size_t shortcuts_at;
  size_t nodes_at;
  size_t values_at;
  size_t end;
};

/// Does not own the memory. Every member may be called from any thread, recover() excepted. Contents may be hostile:
/// numbers are checked before they are followed, and lengths grow on every way down.
class LpmTable {
 public:
  static constexpr uint32_t kMostBytes = 256;  ///< Of a key without its length.

  LpmTable(const LpmLayout& layout, std::byte* payload) noexcept;

  /// The value of the longest prefix of `key`, or null.
  std::byte* lookup(const std::byte* key) const noexcept;
  /// As Map::update(): -ENOSPC when it is full, -EINVAL for a length beyond the key, -ETIMEDOUT when a writer died.
  int update(const std::byte* key, const std::byte* value, uint64_t flags) noexcept;
  /// -ENOENT unless that very prefix is there.
  int erase(const std::byte* key) noexcept;
  /// In the kernel's order: longer prefixes first.
  int next_key(const std::byte* key, std::byte* next) const noexcept;
  std::span<std::byte> value_around(const std::byte* address) const noexcept;
  /// As Map::recover().
  void recover() noexcept;

 private:
  static constexpr uint32_t kMostWords = kMostBytes / 8;
  static constexpr uint32_t kMostDepth = kMostBytes * 8 + 1;
  static constexpr uint32_t kQuarantine = 128;
  static constexpr uint32_t kMostRetired = 2;  ///< By one change.
  static constexpr uint32_t kTopBits = 12;
  static constexpr uint32_t kJoint = 1u << 31;  ///< In Node::length: no prefix, only two children.

  struct Node {
    std::atomic<uint32_t> child[2];
    std::atomic<uint32_t> length;  ///< Of the prefix in bits, and kJoint.
    std::atomic<uint32_t> free;    ///< The next one in quarantine.
    std::atomic<uint64_t>* words() noexcept { return reinterpret_cast<std::atomic<uint64_t>*>(this + 1); }
  };
  struct State {
    alignas(64) std::atomic<uint32_t> root;
    std::atomic<uint32_t> retired;  ///< How many nodes have left the trie.
    alignas(64) std::atomic<uint32_t> lock;
    uint32_t entries;
    std::atomic<uint32_t> fresh;  ///< Nodes that were used once.
    uint32_t waiting;             ///< Nodes in quarantine,
    uint32_t oldest;
    uint32_t newest;
  };
  /// A key: its bits from the top of the first word on.
  struct Prefix {
    uint32_t length;
    std::array<uint64_t, kMostWords> words;
    uint32_t bit(uint32_t at) const noexcept { return words[at / 64] >> (63 - at % 64) & 1; }
  };
  struct Shortcut {
    uint32_t longer;  ///< The node from where to go on, or 0.
    uint32_t found;   ///< The node with the prefix, or 0.
  };
  /// Where a way down ended.
  struct Place {
    std::atomic<uint32_t>* slot;    ///< What leads to the node, or to nothing.
    uint32_t number;                ///< 0 when the slot is empty.
    uint32_t common;                ///< Bits that node and key share, no more than either has.
    std::atomic<uint32_t>* before;  ///< The slot that leads to the parent; null at the root.
  };
  friend struct LpmLayout;

  Node* node(uint32_t number) const noexcept { return reinterpret_cast<Node*>(nodes_ + (number - 1) * layout_.stride); }
  bool is_node(uint32_t number) const noexcept { return number - 1 < layout_.capacity; }
  std::byte* value_of(uint32_t number) const noexcept { return values_ + (number - 1) * layout_.value_stride; }
  uint32_t most_bits() const noexcept { return static_cast<uint32_t>(layout_.data_size * 8); }

  void read(const std::byte* key, Prefix& prefix) const noexcept;
  void write(Node* node, std::byte* key) const noexcept;
  static uint32_t common(Node* node, const Prefix& prefix, uint32_t from, uint32_t limit) noexcept;
  template <class Walk>
  auto walk(Walk once) const noexcept;
  uint32_t find_longest(const Prefix& prefix) const noexcept;
  Shortcut shortcut(uint64_t top) const noexcept;
  void renew_shortcuts(const Prefix& prefix) noexcept;
  Place find(const Prefix& prefix) const noexcept;
  uint32_t leftmost(uint32_t from, uint32_t floor) const noexcept;
  uint32_t after(const Prefix& prefix) const noexcept;

  int store(const Prefix& prefix, const std::byte* value, uint64_t flags) noexcept;
  int join(const Place& place, const Prefix& prefix, uint32_t fresh) noexcept;
  void remove(const Place& place) noexcept;
  int check_add(uint64_t flags) const noexcept;
  uint32_t take() noexcept;
  void retire(uint32_t number) noexcept;
  void fill(uint32_t number, const Prefix& prefix, uint32_t length) noexcept;
  uint32_t mark_reachable() noexcept;

  const LpmLayout layout_;
  State& state_;
  std::atomic<Shortcut>* const shortcuts_;
  std::byte* const nodes_;
  std::byte* const values_;
};

}  // namespace saya
