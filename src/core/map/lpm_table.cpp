// Longest prefix match. Results and order as kernel/bpf/lpm_trie.c, Linux 6.18; the algorithm is in the header.
#include "map/lpm_table.h"

#include <algorithm>
#include <bit>
#include <cerrno>

#include "base/bytes.h"
#include "map/records.h"
#include "map/shared_lock.h"
#include "map/words.h"

namespace saya {
namespace {

constexpr int kWalks = 16;  // Each one more means that kQuarantine changes were made during the last.

constexpr size_t kLength = sizeof(uint32_t);  // What a key begins with.

/// Nodes for that many entries, if numbers suffice.
uint32_t nodes_for(uint32_t max_entries, uint32_t quarantine) noexcept {
  const uint64_t wanted = 2 * uint64_t{max_entries} + quarantine + 2;
  return static_cast<uint32_t>(std::min<uint64_t>(wanted, UINT32_MAX - 1));
}

}  // namespace

LpmLayout::LpmLayout(const MapSpec& spec) noexcept
    : key_size(spec.key_size),
      value_size(spec.value_size),
      max_entries(spec.max_entries),
      capacity(nodes_for(spec.max_entries, LpmTable::kQuarantine)),
      data_size(spec.key_size - kLength),
      stride(sizeof(LpmTable::Node) + round_up(data_size)),
      value_stride(round_up(spec.value_size)),
      has_shortcuts(data_size * 8 > LpmTable::kTopBits),
      shortcuts_at(sizeof(LpmTable::State)),
      nodes_at(shortcuts_at + (has_shortcuts ? sizeof(LpmTable::Shortcut) << LpmTable::kTopBits : 0)),
      values_at(round_up(nodes_at + capacity * stride, 64)),
      end(values_at + capacity * value_stride) {}

LpmTable::LpmTable(const LpmLayout& layout, std::byte* payload) noexcept
    : layout_(layout),
      state_(*reinterpret_cast<State*>(payload)),
      shortcuts_(reinterpret_cast<std::atomic<Shortcut>*>(payload + layout.shortcuts_at)),
      nodes_(payload + layout.nodes_at),
      values_(payload + layout.values_at) {}

// ---- Bits

void LpmTable::read(const std::byte* key, Prefix& prefix) const noexcept {
  prefix.length = load<uint32_t>(key);
  if (layout_.data_size == sizeof(uint32_t)) {  // IPv4
    prefix.words[0] = uint64_t{std::byteswap(load<uint32_t>(key + kLength))} << 32;
    return;
  }
  for (size_t at = 0; at < layout_.data_size; at += kWord)
    prefix.words[at / kWord] = std::byteswap(private_word(key + kLength, at, layout_.data_size));
}

/// The key of a node as user space sees it.
void LpmTable::write(Node* node, std::byte* key) const noexcept {
  saya::store(key, node->length.load(std::memory_order_acquire) & ~kJoint);
  for (size_t at = 0; at < layout_.data_size; at += kWord) {
    const uint64_t word = std::byteswap(node->words()[at / kWord].load(std::memory_order_acquire));
    std::memcpy(key + kLength + at, &word, std::min(kWord, layout_.data_size - at));
  }
}

/// How many bits are the same, at most `limit`. Those before `from`, a multiple of 64, are known to be.
uint32_t LpmTable::common(Node* node, const Prefix& prefix, uint32_t from, uint32_t limit) noexcept {
  for (uint32_t at = from; at < limit; at += 64)
    if (const uint64_t differ = node->words()[at / 64].load(std::memory_order_acquire) ^ prefix.words[at / 64])
      return std::min(at + static_cast<uint32_t>(std::countl_zero(differ)), limit);
  return limit;
}

// ---- Readers

/// The result of `once()` when no node was reused meanwhile. After many disturbed walks, the last one's.
template <class Walk>
auto LpmTable::walk(Walk once) const noexcept {
  for (int left = kWalks;; --left) {
    const uint32_t before = state_.retired.load(std::memory_order_acquire);
    const auto result = once();
    // A shortcut may still lead to what the change that is being made took out.
    const uint32_t gone = state_.retired.load(std::memory_order_relaxed) - before;
    if (gone < kQuarantine - kMostRetired || left == 0) return result;
  }
}

uint32_t LpmTable::find_longest(const Prefix& prefix) const noexcept {
  const uint32_t most = most_bits();
  uint32_t found = 0;
  uint32_t floor = 0;  // Lengths grow on the way down.
  uint32_t same = 0;
  uint32_t number = 0;
  if (layout_.has_shortcuts && prefix.length >= kTopBits) {
    const Shortcut top = shortcuts_[prefix.words[0] >> (64 - kTopBits)].load(std::memory_order_acquire);
    if (is_node(top.found)) found = top.found;
    number = top.longer;
    floor = kTopBits;
  } else {
    number = state_.root.load(std::memory_order_acquire);
  }
  while (is_node(number)) {
    Node* here = node(number);
    const uint32_t marked = here->length.load(std::memory_order_acquire);
    const uint32_t length = marked & ~kJoint;
    if (length < floor || length > prefix.length || common(here, prefix, same, length) < length) break;
    if (!(marked & kJoint)) found = number;
    if (length == most) break;
    same = length & ~63u;
    floor = length + 1;
    number = here->child[prefix.bit(length)].load(std::memory_order_acquire);
  }
  return found;
}

std::byte* LpmTable::lookup(const std::byte* key) const noexcept {
  Prefix prefix;
  read(key, prefix);
  if (prefix.length > most_bits()) return nullptr;
  const uint32_t found = walk([&] { return find_longest(prefix); });
  return found ? value_of(found) : nullptr;
}

LpmTable::Shortcut LpmTable::shortcut(uint64_t top) const noexcept {
  Prefix prefix;
  prefix.words[0] = top << (64 - kTopBits);
  Shortcut shortcut{state_.root.load(std::memory_order_relaxed), 0};
  for (uint32_t floor = 0; is_node(shortcut.longer);) {
    Node* here = node(shortcut.longer);
    const uint32_t marked = here->length.load(std::memory_order_relaxed);
    const uint32_t length = marked & ~kJoint;
    const uint32_t known = std::min(length, kTopBits);
    if (length < floor || common(here, prefix, 0, known) < known) break;
    if (length >= kTopBits) return shortcut;
    if (!(marked & kJoint)) shortcut.found = shortcut.longer;
    floor = length + 1;
    shortcut.longer = here->child[top >> (kTopBits - 1 - length) & 1].load(std::memory_order_relaxed);
  }
  shortcut.longer = 0;
  return shortcut;
}

/// Of all keys that begin with the prefix.
void LpmTable::renew_shortcuts(const Prefix& prefix) noexcept {
  if (!layout_.has_shortcuts) return;
  const uint32_t open = kTopBits - std::min(prefix.length, kTopBits);
  const uint64_t first = prefix.words[0] >> (64 - kTopBits) >> open << open;
  for (uint64_t top = first; top < first + (uint64_t{1} << open); ++top)
    shortcuts_[top].store(shortcut(top), std::memory_order_release);
}

/// Where the prefix is, or where it belongs.
LpmTable::Place LpmTable::find(const Prefix& prefix) const noexcept {
  Place place{&state_.root, 0, 0, nullptr};
  uint32_t floor = 0;
  for (;;) {
    place.number = place.slot->load(std::memory_order_acquire);
    if (!is_node(place.number)) {
      place.number = 0;
      return place;
    }
    Node* here = node(place.number);
    const uint32_t length = here->length.load(std::memory_order_acquire) & ~kJoint;
    place.common = common(here, prefix, 0, std::min({length, prefix.length, most_bits()}));
    if (place.common != length || length == prefix.length || length < floor) return place;
    floor = length + 1;
    place.before = place.slot;
    place.slot = &here->child[prefix.bit(length)];
  }
}

/// The first one of a subtree in the kernel's order: the longest prefix on its left edge. Lengths are at least `floor`.
uint32_t LpmTable::leftmost(uint32_t from, uint32_t floor) const noexcept {
  uint32_t found = 0;
  uint32_t number = from;
  while (is_node(number)) {
    Node* here = node(number);
    const uint32_t marked = here->length.load(std::memory_order_acquire);
    const uint32_t length = marked & ~kJoint;
    if (length < floor || length > most_bits()) break;
    floor = length + 1;
    const uint32_t left = here->child[0].load(std::memory_order_acquire);
    if (!(marked & kJoint)) found = number;
    number = left || marked & kJoint ? left : here->child[1].load(std::memory_order_acquire);
  }
  return found;
}

/// The one after `prefix`, the first one when that is not there, 0 after the last.
uint32_t LpmTable::after(const Prefix& prefix) const noexcept {
  std::array<uint32_t, kMostDepth> path;
  size_t depth = 0;
  const uint32_t root = state_.root.load(std::memory_order_acquire);
  if (prefix.length > most_bits()) return leftmost(root, 0);
  bool found = false;
  uint32_t floor = 0;
  for (uint32_t number = root; is_node(number) && depth < path.size();) {
    path[depth++] = number;
    Node* here = node(number);
    const uint32_t marked = here->length.load(std::memory_order_acquire);
    const uint32_t length = marked & ~kJoint;
    if (length < floor || length > prefix.length || common(here, prefix, 0, length) < length) break;
    found = length == prefix.length && !(marked & kJoint);
    if (length == prefix.length) break;
    floor = length + 1;
    number = here->child[prefix.bit(length)].load(std::memory_order_acquire);
  }
  if (!found) return leftmost(root, 0);
  for (; depth > 1; --depth) {
    Node* parent = node(path[depth - 2]);
    const uint32_t marked = parent->length.load(std::memory_order_acquire);
    if (parent->child[0].load(std::memory_order_acquire) == path[depth - 1])
      if (const uint32_t right = parent->child[1].load(std::memory_order_acquire))
        return leftmost(right, (marked & ~kJoint) + 1);
    if (!(marked & kJoint)) return path[depth - 2];
  }
  return 0;
}

int LpmTable::next_key(const std::byte* key, std::byte* next) const noexcept {
  Prefix prefix;
  prefix.length = UINT32_MAX;
  if (key) read(key, prefix);
  const bool copied = walk([&] {
    const uint32_t found = after(prefix);
    if (found) write(node(found), next);
    return found != 0;
  });
  return copied ? 0 : -ENOENT;
}

std::span<std::byte> LpmTable::value_around(const std::byte* address) const noexcept {
  const size_t used = std::min(state_.fresh.load(std::memory_order_relaxed), layout_.capacity);
  return value_in({values_, used * layout_.value_stride}, layout_.value_stride, 0, layout_.value_size, address);
}

// ---- Writers

/// A node that nobody sees, or 0.
uint32_t LpmTable::take() noexcept {
  if (state_.waiting > kQuarantine && is_node(state_.oldest)) {
    const uint32_t number = state_.oldest;
    state_.oldest = node(number)->free.load(std::memory_order_relaxed);
    --state_.waiting;
    return number;
  }
  const uint32_t fresh = state_.fresh.load(std::memory_order_relaxed);
  if (fresh >= layout_.capacity) return 0;
  state_.fresh.store(fresh + 1, std::memory_order_relaxed);
  return fresh + 1;
}

/// Of a node that just left the trie.
void LpmTable::retire(uint32_t number) noexcept {
  node(number)->free.store(0, std::memory_order_relaxed);
  if (state_.waiting > 0 && is_node(state_.newest))
    node(state_.newest)->free.store(number, std::memory_order_relaxed);
  else
    state_.oldest = number;
  state_.newest = number;
  ++state_.waiting;
  state_.retired.fetch_add(1, std::memory_order_release);
}

/// With release: a reader that finds a word of a reused node also finds how many have left.
void LpmTable::fill(uint32_t number, const Prefix& prefix, uint32_t length) noexcept {
  Node* fresh = node(number);
  fresh->child[0].store(0, std::memory_order_release);
  fresh->child[1].store(0, std::memory_order_release);
  fresh->length.store(length, std::memory_order_release);
  for (size_t at = 0; at < layout_.data_size; at += kWord)
    fresh->words()[at / kWord].store(prefix.words[at / kWord], std::memory_order_release);
}

/// 0 when there may be one prefix more.
int LpmTable::check_add(uint64_t flags) const noexcept {
  if (flags == kUpdateExist) return -ENOENT;
  return state_.entries >= layout_.max_entries ? -ENOSPC : 0;
}

int LpmTable::update(const std::byte* key, const std::byte* value, uint64_t flags) noexcept {
  if (flags > kUpdateExist) return -EINVAL;
  Prefix prefix;
  read(key, prefix);
  if (prefix.length > most_bits()) return -EINVAL;
  const SharedLock change(state_.lock);
  if (!change) return -ETIMEDOUT;
  return store(prefix, value, flags);
}

int LpmTable::store(const Prefix& prefix, const std::byte* value, uint64_t flags) noexcept {
  const Place place = find(prefix);
  Node* old = place.number ? node(place.number) : nullptr;
  const uint32_t marked = old ? old->length.load(std::memory_order_relaxed) : 0;
  const bool same = old && marked == prefix.length && place.common == prefix.length;
  if (same && flags == kUpdateNoExist) return -EEXIST;
  if (!same)
    if (const int error = check_add(flags)) return error;
  const uint32_t fresh = take();
  if (!fresh) return -ENOMEM;
  fill(fresh, prefix, prefix.length);
  store_words(value_of(fresh), value, layout_.value_size, std::memory_order_relaxed);
  if (old && place.common != (marked & ~kJoint)) {
    if (const int error = join(place, prefix, fresh)) return error;
  } else {
    for (const size_t side : {0, 1})
      if (old)
        node(fresh)->child[side].store(old->child[side].load(std::memory_order_relaxed), std::memory_order_release);
    place.slot->store(fresh, std::memory_order_release);
    if (old) retire(place.number);
  }
  renew_shortcuts(prefix);
  if (!same) ++state_.entries;
  return 0;
}

/// Puts a node above the one of `place`, which is longer or differs: the fresh one itself, or one that joins both.
int LpmTable::join(const Place& place, const Prefix& prefix, uint32_t fresh) noexcept {
  Node* old = node(place.number);
  const uint32_t common = place.common;
  const bool old_side = old->words()[common / 64].load(std::memory_order_relaxed) >> (63 - common % 64) & 1;
  uint32_t above = fresh;
  if (common != prefix.length) {
    above = take();
    if (!above) {
      retire(fresh);
      return -ENOMEM;
    }
    fill(above, prefix, common | kJoint);
    node(above)->child[!old_side].store(fresh, std::memory_order_release);
  }
  node(above)->child[old_side].store(place.number, std::memory_order_release);
  place.slot->store(above, std::memory_order_release);
  return 0;
}

int LpmTable::erase(const std::byte* key) noexcept {
  Prefix prefix;
  read(key, prefix);
  if (prefix.length > most_bits()) return -EINVAL;
  const SharedLock change(state_.lock);
  if (!change) return -ETIMEDOUT;
  const Place place = find(prefix);
  if (!place.number || place.common != prefix.length ||
      node(place.number)->length.load(std::memory_order_relaxed) != prefix.length)
    return -ENOENT;
  remove(place);
  renew_shortcuts(prefix);
  --state_.entries;
  return 0;
}

/// A node with two children stays and joins them. A leaf takes the joint above it along.
void LpmTable::remove(const Place& place) noexcept {
  Node* gone = node(place.number);
  const uint32_t left = gone->child[0].load(std::memory_order_relaxed);
  const uint32_t right = gone->child[1].load(std::memory_order_relaxed);
  if (left && right) {
    gone->length.fetch_or(kJoint, std::memory_order_release);
    return;
  }
  const uint32_t parent = place.before ? place.before->load(std::memory_order_relaxed) : 0;
  const bool is_joint = is_node(parent) && node(parent)->length.load(std::memory_order_relaxed) & kJoint;
  if (!left && !right && is_joint) {
    const bool side = place.slot == &node(parent)->child[0];
    place.before->store(node(parent)->child[side].load(std::memory_order_relaxed), std::memory_order_release);
    retire(parent);
  } else {
    place.slot->store(left ? left : right, std::memory_order_release);
  }
  retire(place.number);
}

/// Puts a mark on every node of the trie; how many have a prefix.
uint32_t LpmTable::mark_reachable() noexcept {
  std::array<uint32_t, kMostDepth + 1> open;  // Right branches that wait, each longer than the one before.
  size_t waiting = 0;
  uint32_t prefixes = 0;
  open[waiting++] = state_.root.load(std::memory_order_relaxed);
  while (waiting > 0) {
    uint32_t floor = 0;
    for (uint32_t number = open[--waiting]; is_node(number);) {
      Node* here = node(number);
      const uint32_t marked = here->length.load(std::memory_order_relaxed);
      const uint32_t length = marked & ~kJoint;
      if (length < floor || length > most_bits() || here->free.load(std::memory_order_relaxed) == UINT32_MAX) break;
      here->free.store(UINT32_MAX, std::memory_order_relaxed);
      if (!(marked & kJoint)) ++prefixes;
      floor = length + 1;
      if (waiting < open.size()) open[waiting++] = here->child[1].load(std::memory_order_relaxed);
      number = here->child[0].load(std::memory_order_relaxed);
    }
  }
  return prefixes;
}

void LpmTable::recover() noexcept {
  const uint32_t used = std::min(state_.fresh.load(std::memory_order_relaxed), layout_.capacity);
  state_.fresh.store(used, std::memory_order_relaxed);
  for (uint32_t number = 1; number <= used; ++number) node(number)->free.store(0, std::memory_order_relaxed);
  state_.entries = mark_reachable();
  state_.waiting = state_.oldest = state_.newest = 0;
  for (uint32_t number = 1; number <= used; ++number)
    if (node(number)->free.load(std::memory_order_relaxed) != UINT32_MAX) retire(number);
  renew_shortcuts({.length = 0, .words = {}});
  state_.lock.store(0, std::memory_order_release);
}

}  // namespace saya
