// Which element of an LRU map makes room for a new one. The lists and the steps are those of kernel/bpf/bpf_lru_list.c,
// Linux 6.18, so that the same history evicts the same elements: with a list for all CPUs (and a short list of free and
// of new elements for each), or with lists for each CPU (BPF_F_NO_COMMON_LRU).
//
//   payload:  state of the lists | state of each CPU | nodes {next, previous, hash, cpu, where, used}
//
// A list is a circle of nodes through a node of its own; links are distances between nodes, so all zeroes are empty
// lists. Elements that were never used are in no list. Readers set `used`, and nothing else.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "map/hash_chains.h"

namespace saya {

/// Where things lie in the payload.
struct LruLayout {
  LruLayout(uint32_t elements, uint32_t nr_cpus, bool per_cpu) noexcept;

  uint32_t elements;  ///< With per_cpu a multiple of nr_cpus.
  uint32_t nr_cpus;
  bool per_cpu;    ///< Lists for each CPU.
  uint32_t heads;  ///< Nodes that are a list's.
  size_t locals_at;
  size_t nodes_at;
  size_t end;
};

/// Does not own the memory. Every member may be called from any thread, recover() excepted. Contents may be hostile:
/// walks end, and no link leads out of the nodes.
class LruLists {
 public:
  /// `chains` hold the elements; they outlive the lists.
  LruLists(const LruLayout& layout, const HashChains& chains, std::byte* payload) noexcept;

  /// An element that is in no chain, for a key with that hash; 0 when nothing can be had. Evicts. The caller holds no
  /// bucket.
  uint32_t take(uint32_t cpu, uint64_t hash) noexcept;
  /// Gives back what was taken, or what an owner took out of its chain.
  void give_back(uint32_t number) noexcept;
  /// The element is in use: it should stay.
  void touch(uint32_t number) const noexcept;
  /// As Map::recover(), after the chains'.
  void recover() noexcept;

 private:
  enum class Where : uint8_t { nowhere, active, inactive, free, local_free, pending };
  struct Node {
    uint32_t next;      ///< How many nodes further on.
    uint32_t previous;  ///< The same.
    std::atomic<uint32_t> hash;
    std::atomic<uint16_t> cpu;
    std::atomic<Where> where;
    std::atomic<uint8_t> used;
  };
  /// Active, inactive and free elements: one for all, or one for each CPU.
  struct Lists {
    alignas(64) std::atomic<uint32_t> lock;
    uint32_t active;  ///< How many there are.
    uint32_t inactive;
    uint32_t rotation;  ///< Where the next look at inactive ones begins: so many nodes after their list's.
    uint32_t fresh;     ///< Elements that were used once.
  };
  /// What a CPU keeps for itself.
  struct Local {
    alignas(64) std::atomic<uint32_t> lock;
    uint32_t steal;  ///< Whom it robs next: so many CPUs after itself.
  };
  /// One Lists with the nodes of its three lists.
  struct View;
  friend struct LruLayout;

  Node& node(uint32_t at) const noexcept { return nodes_[at < end_ ? at : 0]; }
  uint32_t number_of(uint32_t at) const noexcept { return at - layout_.heads + 1; }
  uint32_t node_of(uint32_t number) const noexcept { return layout_.heads + number - 1; }
  uint32_t next(uint32_t at) const noexcept;
  uint32_t previous(uint32_t at) const noexcept;
  bool is_empty(uint32_t head) const noexcept { return next(head) == head; }
  void detach(uint32_t at) noexcept;
  void put_first(uint32_t head, uint32_t at) noexcept;

  View view(uint32_t cpu) const noexcept;
  uint32_t local_free(uint32_t cpu) const noexcept { return 3 + 2 * cpu; }
  uint32_t local_pending(uint32_t cpu) const noexcept { return 4 + 2 * cpu; }

  void count(View& lists, Where where, uint32_t by) noexcept;
  void step_over(View& lists, uint32_t at) noexcept;
  void move_to_free(View& lists, uint32_t at, uint32_t head, Where where) noexcept;
  void move_in(View& lists, uint32_t at, Where where) noexcept;
  void move(View& lists, uint32_t at, Where where) noexcept;
  bool evict(uint32_t at) noexcept;
  void rotate(View& lists) noexcept;
  void rotate_active(View& lists) noexcept;
  void rotate_inactive(View& lists) noexcept;
  uint32_t shrink(View& lists, uint32_t wanted, uint32_t head, Where where) noexcept;
  uint32_t shrink_inactive(View& lists, uint32_t wanted, uint32_t head, Where where) noexcept;
  uint32_t free_one(View& lists) noexcept;

  uint32_t take_common(uint32_t cpu, uint32_t hash) noexcept;
  uint32_t take_per_cpu(uint32_t cpu, uint32_t hash) noexcept;
  void flush(View& lists, uint32_t cpu) noexcept;
  void refill(uint32_t cpu) noexcept;
  uint32_t pop_local(uint32_t cpu) noexcept;
  uint32_t pop_pending(uint32_t cpu) noexcept;
  uint32_t steal(uint32_t cpu) noexcept;
  void add_pending(uint32_t cpu, uint32_t at, uint32_t hash) noexcept;
  void give_to(View lists, uint32_t at) noexcept;

  const LruLayout layout_;
  const uint32_t end_;     ///< Nodes in all.
  const uint32_t target_;  ///< How many free elements a CPU fetches at once.
  const HashChains& chains_;
  Lists* const lists_;
  Local* const locals_;
  Node* const nodes_;
};

}  // namespace saya
