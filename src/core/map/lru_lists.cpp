// Approximate LRU. Behaves as kernel/bpf/bpf_lru_list.c, Linux 6.18: an element is looked at when room is needed, and
// one that was used since its last look stays.
#include "map/lru_lists.h"

#include <algorithm>

#include "map/shared_lock.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr uint32_t kLocalFree = 128;   // A CPU fetches at most so many at once, and looks at so many to find them.
constexpr uint32_t kPerCpuFree = 4;    // The same where each CPU has lists of its own.
constexpr uint32_t kHeadsOfLists = 3;  // active, inactive, free
constexpr uint32_t kHeadsOfLocal = 2;  // free, pending

}  // namespace

struct LruLists::View {
  Lists& state;
  uint32_t first;  ///< Node of the active list.
  uint32_t scans;  ///< How many elements a look takes in.
  uint32_t begin;  ///< Elements that may be fresh: [begin, begin + size).
  uint32_t size;

  uint32_t head(Where where) const noexcept { return first + static_cast<uint32_t>(where) - 1; }
};

LruLayout::LruLayout(uint32_t count, uint32_t cpus, bool lists_per_cpu) noexcept
    : elements(count),
      nr_cpus(cpus),
      per_cpu(lists_per_cpu),
      heads(per_cpu ? nr_cpus * kHeadsOfLists : kHeadsOfLists + nr_cpus * kHeadsOfLocal),
      locals_at((per_cpu ? nr_cpus : 1) * sizeof(LruLists::Lists)),
      nodes_at(locals_at + (per_cpu ? 0 : nr_cpus) * sizeof(LruLists::Local)),
      end(round_up(nodes_at + (size_t{heads} + elements) * sizeof(LruLists::Node), 64)) {}

LruLists::LruLists(const LruLayout& layout, const HashChains& chains, std::byte* payload) noexcept
    : layout_(layout),
      end_(layout.heads + layout.elements),
      target_(std::clamp(layout.elements / layout.nr_cpus / 2, uint32_t{1}, kLocalFree)),
      chains_(chains),
      lists_(reinterpret_cast<Lists*>(payload)),
      locals_(reinterpret_cast<Local*>(payload + layout.locals_at)),
      nodes_(reinterpret_cast<Node*>(payload + layout.nodes_at)) {}

// ---- Circles of nodes

uint32_t LruLists::next(uint32_t at) const noexcept {
  const uint32_t to = at + node(at).next;
  return to < end_ ? to : 0;
}

uint32_t LruLists::previous(uint32_t at) const noexcept {
  const uint32_t to = at + node(at).previous;
  return to < end_ ? to : 0;
}

void LruLists::detach(uint32_t at) noexcept {
  const uint32_t before = previous(at), after = next(at);
  node(before).next = after - before;
  node(after).previous = before - after;
  node(at).next = node(at).previous = 0;
}

/// `at` is in no list.
void LruLists::put_first(uint32_t head, uint32_t at) noexcept {
  const uint32_t after = next(head);
  node(at).next = after - at;
  node(at).previous = head - at;
  node(after).previous = at - after;
  node(head).next = at - head;
}

// ---- Lists

LruLists::View LruLists::view(uint32_t cpu) const noexcept {
  if (!layout_.per_cpu) return {lists_[0], 0, kLocalFree, 0, layout_.elements};
  const uint32_t own = layout_.elements / layout_.nr_cpus;
  return {lists_[cpu], cpu * kHeadsOfLists, kPerCpuFree, cpu * own, own};
}

void LruLists::count(View& lists, Where where, uint32_t by) noexcept {
  if (where == Where::active) lists.state.active += by;
  if (where == Where::inactive) lists.state.inactive += by;
}

/// The next look must not begin at an element that leaves.
void LruLists::step_over(View& lists, uint32_t at) noexcept {
  const uint32_t head = lists.head(Where::inactive);
  if (head + lists.state.rotation == at) lists.state.rotation = previous(at) - head;
}

void LruLists::move_to_free(View& lists, uint32_t at, uint32_t head, Where where) noexcept {
  step_over(lists, at);
  count(lists, node(at).where.load(std::memory_order_relaxed), UINT32_MAX);
  node(at).where.store(where, std::memory_order_relaxed);
  detach(at);
  put_first(head, at);
}

/// From a CPU's list.
void LruLists::move_in(View& lists, uint32_t at, Where where) noexcept {
  count(lists, where, 1);
  node(at).where.store(where, std::memory_order_relaxed);
  node(at).used.store(0, std::memory_order_relaxed);
  detach(at);
  put_first(lists.head(where), at);
}

void LruLists::move(View& lists, uint32_t at, Where where) noexcept {
  count(lists, node(at).where.load(std::memory_order_relaxed), UINT32_MAX);
  step_over(lists, at);
  move_in(lists, at, where);
}

bool LruLists::evict(uint32_t at) noexcept {
  return at >= layout_.heads && chains_.evict(number_of(at), node(at).hash.load(std::memory_order_relaxed));
}

/// Active elements that nobody used since the last look become inactive, if these are few; inactive ones that were used
/// become active.
void LruLists::rotate(View& lists) noexcept {
  if (lists.state.inactive < lists.state.active) rotate_active(lists);
  rotate_inactive(lists);
}

void LruLists::rotate_active(View& lists) noexcept {
  const uint32_t head = lists.head(Where::active);
  const uint32_t first = next(head);
  uint32_t at = previous(head);
  for (uint32_t scan = 0; at != head && scan < lists.scans; ++scan) {
    const uint32_t before = previous(at);
    const bool used = node(at).used.load(std::memory_order_relaxed);
    move(lists, at, used ? Where::active : Where::inactive);
    if (at == first) break;
    at = before;
  }
}

void LruLists::rotate_inactive(View& lists) noexcept {
  const uint32_t head = lists.head(Where::inactive);
  if (is_empty(head)) return;
  uint32_t at = head + lists.state.rotation;
  if (at >= end_) at = head;
  uint32_t last = next(at);
  if (last == head) last = next(last);
  uint32_t before = head;
  for (uint32_t scan = 0; scan < lists.scans; ++scan) {
    if (at == head) at = previous(at);
    before = previous(at);
    if (node(at).used.load(std::memory_order_relaxed)) move(lists, at, Where::active);
    if (at == last || at == head) break;
    at = before;
  }
  lists.state.rotation = before - head;
}

/// Evicts up to `wanted` inactive elements, the oldest first, to the list of `head`. How many there were.
uint32_t LruLists::shrink_inactive(View& lists, uint32_t wanted, uint32_t head, Where where) noexcept {
  const uint32_t inactive = lists.head(Where::inactive);
  uint32_t evicted = 0;
  uint32_t at = previous(inactive);
  for (uint32_t scan = 0; at != inactive && scan < lists.scans && evicted < wanted; ++scan) {
    const uint32_t before = previous(at);
    if (node(at).used.load(std::memory_order_relaxed)) {
      move(lists, at, Where::active);
    } else if (evict(at)) {
      move_to_free(lists, at, head, where);
      ++evicted;
    }
    at = before;
  }
  return evicted;
}

/// The same; when all are in use, one that is.
uint32_t LruLists::shrink(View& lists, uint32_t wanted, uint32_t head, Where where) noexcept {
  if (const uint32_t evicted = shrink_inactive(lists, wanted, head, where)) return evicted;
  const uint32_t inactive = lists.head(Where::inactive);
  const uint32_t from = is_empty(inactive) ? lists.head(Where::active) : inactive;
  uint32_t at = previous(from);
  for (uint32_t step = 0; at != from && step < layout_.elements; ++step, at = previous(at)) {
    if (!evict(at)) continue;
    move_to_free(lists, at, head, where);
    return 1;
  }
  return 0;
}

/// A free element's node, in no list; 0 when there is none.
uint32_t LruLists::free_one(View& lists) noexcept {
  const uint32_t free = lists.head(Where::free);
  if (const uint32_t at = next(free); at != free) {
    detach(at);
    return at;
  }
  if (lists.state.fresh >= lists.size) return 0;
  return node_of(lists.begin + ++lists.state.fresh);
}

// ---- Lists for each CPU

uint32_t LruLists::take_per_cpu(uint32_t cpu, uint32_t hash) noexcept {
  View lists = view(cpu);
  const SharedLock held(lists.state.lock);
  if (!held) return 0;
  rotate(lists);
  uint32_t at = free_one(lists);
  if (!at) {
    shrink(lists, kPerCpuFree, lists.head(Where::free), Where::free);
    at = free_one(lists);
  }
  if (!at) return 0;
  node(at).hash.store(hash, std::memory_order_relaxed);
  node(at).cpu.store(static_cast<uint16_t>(cpu), std::memory_order_relaxed);
  move_in(lists, at, Where::inactive);
  return number_of(at);
}

// ---- One list for all, and what each CPU keeps

void LruLists::add_pending(uint32_t cpu, uint32_t at, uint32_t hash) noexcept {
  node(at).hash.store(hash, std::memory_order_relaxed);
  node(at).cpu.store(static_cast<uint16_t>(cpu), std::memory_order_relaxed);
  node(at).where.store(Where::pending, std::memory_order_relaxed);
  node(at).used.store(0, std::memory_order_relaxed);
  put_first(local_pending(cpu), at);
}

/// New elements go to the common lists.
void LruLists::flush(View& lists, uint32_t cpu) noexcept {
  const uint32_t head = local_pending(cpu);
  uint32_t at = previous(head);
  for (uint32_t step = 0; at != head && step < layout_.elements; ++step) {
    const uint32_t before = previous(at);
    move_in(lists, at, node(at).used.load(std::memory_order_relaxed) ? Where::active : Where::inactive);
    at = before;
  }
}

/// Fetches free elements from the common list, or evicts some.
void LruLists::refill(uint32_t cpu) noexcept {
  View lists = view(cpu);
  const SharedLock held(lists.state.lock);
  if (!held) return;
  flush(lists, cpu);
  rotate(lists);
  uint32_t got = 0;
  for (; got < target_; ++got) {
    const uint32_t at = free_one(lists);
    if (!at) break;
    node(at).where.store(Where::local_free, std::memory_order_relaxed);
    put_first(local_free(cpu), at);
  }
  if (got < target_) shrink(lists, target_ - got, local_free(cpu), Where::local_free);
}

/// A node in no list, or 0.
uint32_t LruLists::pop_local(uint32_t cpu) noexcept {
  const uint32_t at = next(local_free(cpu));
  if (at == local_free(cpu)) return 0;
  detach(at);
  return at;
}

/// The oldest new element of a CPU, rather one that nobody used.
uint32_t LruLists::pop_pending(uint32_t cpu) noexcept {
  const uint32_t head = local_pending(cpu);
  for (const bool force : {false, true}) {
    uint32_t at = previous(head);
    for (uint32_t step = 0; at != head && step < layout_.elements; ++step, at = previous(at)) {
      if ((node(at).used.load(std::memory_order_relaxed) && !force) || !evict(at)) continue;
      detach(at);
      return at;
    }
  }
  return 0;
}

/// From any CPU, in turns.
uint32_t LruLists::steal(uint32_t cpu) noexcept {
  const uint32_t first = (cpu + locals_[cpu].steal % layout_.nr_cpus) % layout_.nr_cpus;
  uint32_t victim = first;
  uint32_t at = 0;
  do {
    const SharedLock held(locals_[victim].lock);
    if (held) at = pop_local(victim);
    if (held && !at) at = pop_pending(victim);
    victim = (victim + 1) % layout_.nr_cpus;
  } while (!at && victim != first);
  locals_[cpu].steal = (victim + layout_.nr_cpus - cpu) % layout_.nr_cpus;
  return at;
}

uint32_t LruLists::take_common(uint32_t cpu, uint32_t hash) noexcept {
  {
    const SharedLock held(locals_[cpu].lock);
    if (!held) return 0;
    uint32_t at = pop_local(cpu);
    if (!at) {
      refill(cpu);
      at = pop_local(cpu);
    }
    if (at) {
      add_pending(cpu, at, hash);
      return number_of(at);
    }
  }
  const uint32_t at = steal(cpu);
  const SharedLock held(locals_[cpu].lock);
  if (!at || !held) return 0;
  add_pending(cpu, at, hash);
  return number_of(at);
}

// ---- What the table asks for

uint32_t LruLists::take(uint32_t cpu, uint64_t hash) noexcept {
  const uint32_t mine = cpu < layout_.nr_cpus ? cpu : 0;
  const auto low = static_cast<uint32_t>(hash);
  const uint32_t number = layout_.per_cpu ? take_per_cpu(mine, low) : take_common(mine, low);
  return chains_.is_element(number) ? number : 0;  // A hostile neighbour may have linked a list's own node.
}

void LruLists::give_to(View lists, uint32_t at) noexcept {
  const SharedLock held(lists.state.lock);
  if (held) move(lists, at, Where::free);
}

void LruLists::give_back(uint32_t number) noexcept {
  const uint32_t at = node_of(number);
  const uint32_t cpu = std::min<uint32_t>(node(at).cpu.load(std::memory_order_relaxed), layout_.nr_cpus - 1);
  if (layout_.per_cpu) return give_to(view(cpu), at);
  if (node(at).where.load(std::memory_order_relaxed) == Where::pending) {
    const SharedLock held(locals_[cpu].lock);
    if (!held) return;
    if (node(at).where.load(std::memory_order_relaxed) == Where::pending) {
      node(at).where.store(Where::local_free, std::memory_order_relaxed);
      node(at).used.store(0, std::memory_order_relaxed);
      detach(at);
      return put_first(local_free(cpu), at);
    }
  }
  give_to(view(0), at);
}

void LruLists::touch(uint32_t number) const noexcept {
  std::atomic<uint8_t>& used = node(node_of(number)).used;
  if (!used.load(std::memory_order_relaxed)) used.store(1, std::memory_order_relaxed);
}

/// Elements in a chain become inactive, the others free.
void LruLists::recover() noexcept {
  for (uint32_t head = 0; head < layout_.heads; ++head) node(head).next = node(head).previous = 0;
  for (uint32_t cpu = 0; !layout_.per_cpu && cpu < layout_.nr_cpus; ++cpu) locals_[cpu].lock.store(0);
  for (uint32_t cpu = 0; cpu < (layout_.per_cpu ? layout_.nr_cpus : 1); ++cpu) {
    View lists = view(cpu);
    lists.state.lock.store(0);
    lists.state.active = lists.state.inactive = lists.state.rotation = 0;
    lists.state.fresh = std::min(lists.state.fresh, lists.size);
    for (uint32_t number = lists.begin + 1; number <= lists.begin + lists.state.fresh; ++number) {
      node(node_of(number)).next = node(node_of(number)).previous = 0;
      move_in(lists, node_of(number), chains_.is_linked(number) ? Where::inactive : Where::free);
    }
  }
}

}  // namespace saya
