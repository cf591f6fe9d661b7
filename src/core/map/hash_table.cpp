// Hash maps that refuse a new key when they are full. Results as kernel/bpf/hashtab.c, Linux 6.18.
#include "map/hash_table.h"

#include <algorithm>
#include <cerrno>

namespace saya {
namespace {

constexpr uint32_t kWritersInside = 64;

}  // namespace

/// Elements: max_entries, the CPUs' spares, and what writers hold in their hands.
HashLayout::HashLayout(const MapSpec& spec, uint32_t cpus, bool per_cpu) noexcept
    : max_entries(spec.max_entries),
      nr_cpus(cpus),
      chains(spec, per_cpu ? cpus : 0, spec.max_entries + cpus + kWritersInside,
             sizeof(HashTable::Counters) + cpus * sizeof(HashTable::Spare)) {}

HashTable::HashTable(const MapSpec& spec, const HashLayout& layout, uint64_t hash_key, std::byte* payload) noexcept
    : max_entries_(layout.max_entries),
      nr_cpus_(layout.nr_cpus),
      chains_(spec, layout.chains, hash_key, payload),
      counters_(*reinterpret_cast<Counters*>(payload)),
      spares_(reinterpret_cast<Spare*>(payload + sizeof(Counters))) {}

int HashTable::update(const std::byte* key, const NewValue& value, uint64_t flags, uint32_t cpu) noexcept {
  const bool can_lock = chains_.shape().has_spin_lock();
  if ((flags & ~(can_lock ? uint64_t{kUpdateLock} : 0)) > kUpdateExist) return -EINVAL;
  const uint64_t mine = chains_.hash(key);
  Bucket& home = chains_.bucket(mine);
  uint32_t retired = 0;
  int error = 0;
  {
    const HashChains::Hold hold(home);
    if (!hold) return -ETIMEDOUT;
    error = store(home, mine, key, value, flags, cpu, retired);
  }
  if (retired) retire(retired, cpu);
  return error;
}

/// Under the bucket's lock.
int HashTable::store(Bucket& home, uint64_t hash, const std::byte* key, const NewValue& value, uint64_t flags,
                     uint32_t cpu, uint32_t& retired) noexcept {
  const Place old = chains_.find(home, hash, key);
  const uint64_t wanted = flags & ~uint64_t{kUpdateLock};
  if (old.number && wanted == kUpdateNoExist) return -EEXIST;
  if (!old.number && wanted == kUpdateExist) return -ENOENT;
  if (old.number && (chains_.layout().per_cpu || flags & kUpdateLock)) return change(old, value, flags);
  if (!old.number && !count_entry()) return -E2BIG;
  const uint32_t number = take_element(cpu);
  if (!number) {
    if (!old.number) counters_.entries.fetch_sub(1, std::memory_order_relaxed);
    return -ENOMEM;
  }
  chains_.fill(number, hash, key);
  chains_.fill_value(number, value);
  chains_.link(home, old, number);
  retired = old.number;
  return 0;
}

int HashTable::change(const Place& old, const NewValue& value, uint64_t flags) noexcept {
  if (flags & kUpdateLock) return chains_.shape().store_locked(chains_.value(old.number, 0), value.bytes);
  chains_.change_value(old.number, value);
  return 0;
}

int HashTable::take(const std::byte* key, std::byte* values, uint64_t flags) noexcept {
  const uint64_t mine = chains_.hash(key);
  Bucket& home = chains_.bucket(mine);
  uint32_t number = 0;
  {
    const HashChains::Hold hold(home);
    if (!hold) return -ETIMEDOUT;
    const Place old = chains_.find(home, mine, key);
    number = old.number;
    if (!number) return -ENOENT;
    if (const int error = values ? chains_.read_values(number, values, flags) : 0) return error;
    chains_.unlink(old);
  }
  give_to_pool(number);
  counters_.entries.fetch_sub(1, std::memory_order_relaxed);
  return 0;
}

std::span<std::byte> HashTable::value_around(const std::byte* address) const noexcept {
  const uint32_t used = std::min(counters_.fresh.load(std::memory_order_relaxed), chains_.layout().capacity);
  return chains_.value_around(address, used);
}

/// Counts a new key in, unless the map is full. Never counts beyond max_entries, not even for a moment: another writer
/// would be refused for nothing.
bool HashTable::count_entry() noexcept {
  uint32_t entries = counters_.entries.load(std::memory_order_relaxed);
  while (entries < max_entries_)
    if (counters_.entries.compare_exchange_weak(entries, entries + 1, std::memory_order_relaxed)) return true;
  return false;
}

/// An element that nobody sees, or 0. A full map still has one: live elements are at most max_entries.
uint32_t HashTable::take_element(uint32_t cpu) noexcept {
  std::atomic<uint32_t>& spare = spares_[cpu < nr_cpus_ ? cpu : 0].link;
  if (spare.load(std::memory_order_relaxed))
    if (const uint32_t number = spare.exchange(0, std::memory_order_acquire); chains_.is_element(number)) return number;
  if (const uint32_t number = take_from_pool()) return number;
  return take_fresh();
}

/// The count of changes keeps an element that left and came back from being mistaken for one that stayed.
uint32_t HashTable::take_from_pool() noexcept {
  uint64_t free = counters_.free.load(std::memory_order_acquire);
  while (chains_.is_element(static_cast<uint32_t>(free))) {
    const uint64_t changes = (free >> 32) + 1;
    const uint64_t rest =
        changes << 32 | chains_.pool_link(static_cast<uint32_t>(free)).load(std::memory_order_acquire);
    if (counters_.free.compare_exchange_weak(free, rest, std::memory_order_acquire)) return static_cast<uint32_t>(free);
  }
  return 0;
}

uint32_t HashTable::take_fresh() noexcept {
  uint32_t fresh = counters_.fresh.load(std::memory_order_relaxed);
  while (fresh < chains_.layout().capacity)
    if (counters_.fresh.compare_exchange_weak(fresh, fresh + 1, std::memory_order_relaxed)) return fresh + 1;
  return 0;
}

/// Keeps the element for this CPU's next update, or gives it to the pool. The bucket it left is unlocked: only from now
/// on may anyone write to it.
void HashTable::retire(uint32_t number, uint32_t cpu) noexcept {
  uint32_t none = 0;
  std::atomic<uint32_t>& spare = spares_[cpu < nr_cpus_ ? cpu : 0].link;
  if (!spare.compare_exchange_strong(none, number, std::memory_order_release, std::memory_order_relaxed))
    give_to_pool(number);
}

void HashTable::give_to_pool(uint32_t number) noexcept {
  uint64_t free = counters_.free.load(std::memory_order_relaxed);
  uint64_t pushed;
  do {
    chains_.pool_link(number).store(static_cast<uint32_t>(free), std::memory_order_release);
    pushed = ((free >> 32) + 1) << 32 | number;
  } while (!counters_.free.compare_exchange_weak(free, pushed, std::memory_order_release, std::memory_order_relaxed));
}

void HashTable::recover() noexcept {
  chains_.recover();
  for (uint32_t cpu = 0; cpu < nr_cpus_; ++cpu) spares_[cpu].link.store(0, std::memory_order_relaxed);
  counters_.entries.store(0, std::memory_order_relaxed);
  counters_.free.store(0, std::memory_order_relaxed);
  const uint32_t used = std::min(counters_.fresh.load(std::memory_order_relaxed), chains_.layout().capacity);
  for (uint32_t number = 1; number <= used; ++number)
    if (chains_.is_linked(number))
      counters_.entries.fetch_add(1, std::memory_order_relaxed);
    else
      give_to_pool(number);
}

}  // namespace saya
