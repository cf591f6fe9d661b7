// Hash maps over plain memory. Results as kernel/bpf/hashtab.c, Linux 6.18; the algorithm is described in the header.
#include "map/hash_table.h"

#include <sched.h>

#include <algorithm>
#include <bit>
#include <cerrno>

#include "base/time.h"
#include "map/keyed_hash.h"
#include "map/records.h"
#include "map/words.h"

namespace saya {
namespace {

static_assert(std::atomic<uint32_t>::is_always_lock_free && std::atomic<uint64_t>::is_always_lock_free);

constexpr uint32_t kWritersInside = 64;
constexpr int kWalks = 128;  // Each one more means that a writer left the bucket during the last.
constexpr uint32_t kStepsUnchecked = 32;
constexpr uint32_t kSpins = 128;
constexpr Nanoseconds kLockPatience = 250'000'000;  // As the kernel's resilient spin lock.

uint32_t tag_of(uint64_t hash) noexcept { return static_cast<uint32_t>(hash >> 32); }

/// How many writers have left the bucket.
uint32_t departures(const HashTable::Bucket& bucket) noexcept {
  return bucket.version.load(std::memory_order_relaxed) >> 1;
}

bool try_lock(HashTable::Bucket& bucket) noexcept {
  uint32_t version = bucket.version.load(std::memory_order_relaxed);
  return !(version & 1) && bucket.version.compare_exchange_strong(version, version + 1, std::memory_order_acquire,
                                                                  std::memory_order_relaxed);
}

/// Spins, then lets others run: the holder may share this core. False when it is not coming back.
bool lock(HashTable::Bucket& bucket) noexcept {
  if (try_lock(bucket)) return true;
  const RealClock clock;
  const Nanoseconds deadline = clock.now() + kLockPatience;
  do {
    for (uint32_t spin = 0; spin < kSpins; ++spin)
      if (try_lock(bucket)) return true;
    ::sched_yield();
  } while (clock.now() < deadline);
  return false;
}

void unlock(HashTable::Bucket& bucket) noexcept { bucket.version.fetch_add(1, std::memory_order_release); }

}  // namespace

HashLayout::HashLayout(const MapSpec& spec, uint32_t cpus) noexcept
    : key_size(spec.key_size),
      value_size(spec.value_size),
      max_entries(spec.max_entries),
      nr_cpus(cpus),
      buckets(std::bit_ceil(spec.max_entries)),
      capacity(spec.max_entries + cpus + kWritersInside),
      value_at(sizeof(HashTable::Element) + round_up(spec.key_size)),
      stride(value_at + round_up(spec.value_size)),
      buckets_at(sizeof(HashTable::Counters) + cpus * sizeof(HashTable::Spare)),
      elements_at(round_up(buckets_at + buckets * sizeof(HashTable::Bucket), 64)) {}

HashTable::HashTable(const HashLayout& layout, uint64_t hash_key, std::byte* payload) noexcept
    : layout_(layout),
      hash_key_(hash_key),
      counters_(*reinterpret_cast<Counters*>(payload)),
      spares_(reinterpret_cast<Spare*>(payload + sizeof(Counters))),
      buckets_(reinterpret_cast<Bucket*>(payload + layout.buckets_at)),
      elements_(payload + layout.elements_at) {}

uint64_t HashTable::hash(const std::byte* key) const noexcept { return keyed_hash(hash_key_, key, layout_.key_size); }

HashTable::Element* HashTable::element(uint32_t link) const noexcept {
  if (link == 0 || link > layout_.capacity) return nullptr;
  return reinterpret_cast<Element*>(elements_ + (link - 1) * layout_.stride);
}

/// One pass over a chain. A reader that was carried away ends early, at the latest where it finds an end.
HashTable::Place HashTable::find(Bucket& bucket, uint64_t hash, const std::byte* key) const noexcept {
  const uint32_t before = departures(bucket);
  std::atomic<uint32_t>* link = &bucket.head;
  for (uint32_t step = 1; step <= layout_.capacity; ++step) {
    Element* here = element(link->load(std::memory_order_acquire));
    if (!here) break;
    if (here->tag.load(std::memory_order_acquire) == tag_of(hash) && equal_words(key_of(here), key, layout_.key_size))
      return {link, here};
    link = &here->next;
    if (step % kStepsUnchecked == 0 && departures(bucket) != before) break;
  }
  return {link, nullptr};
}

/// The result of `once()` when no writer left `bucket` meanwhile. After many disturbed walks, the last one's.
template <class Walk>
auto HashTable::walk(const Bucket& bucket, Walk once) const noexcept {
  for (int left = kWalks;; --left) {
    const uint32_t before = bucket.version.load(std::memory_order_acquire) >> 1;
    const auto result = once();
    if (departures(bucket) == before || left == 0) return result;
  }
}

std::byte* HashTable::lookup(const std::byte* key) const noexcept {
  const uint64_t mine = hash(key);
  Bucket& home = bucket(mine);
  Element* found = walk(home, [&] { return find(home, mine, key).element; });
  return found ? value_of(found) : nullptr;
}

int HashTable::update(const std::byte* key, const std::byte* value, uint64_t flags, uint32_t cpu) noexcept {
  if (flags > kUpdateExist) return -EINVAL;
  const uint64_t mine = hash(key);
  Bucket& home = bucket(mine);
  if (!lock(home)) return -ETIMEDOUT;
  uint32_t retired = 0;
  const int error = store(home, mine, key, value, flags, cpu, retired);
  unlock(home);
  if (retired) retire(retired, cpu);
  return error;
}

/// Under the bucket's lock. A replacement takes the place of the old element, so that no reader can pass between both.
int HashTable::store(Bucket& home, uint64_t hash, const std::byte* key, const std::byte* value, uint64_t flags,
                     uint32_t cpu, uint32_t& retired) noexcept {
  const Place old = find(home, hash, key);
  if (old.element && flags == kUpdateNoExist) return -EEXIST;
  if (!old.element && flags == kUpdateExist) return -ENOENT;
  if (!old.element && !count_entry()) return -E2BIG;
  const uint32_t link = take(cpu);
  Element* fresh = element(link);
  if (!fresh) {
    if (!old.element) counters_.entries.fetch_sub(1, std::memory_order_relaxed);
    return -ENOMEM;
  }
  std::atomic<uint32_t>& place = old.element ? *old.link : home.head;
  if (old.element) retired = place.load(std::memory_order_relaxed);
  std::atomic<uint32_t>& follows = old.element ? old.element->next : home.head;
  fresh->next.store(follows.load(std::memory_order_relaxed), std::memory_order_release);
  fresh->tag.store(tag_of(hash), std::memory_order_release);
  store_words(key_of(fresh), key, layout_.key_size, std::memory_order_release);
  store_words(value_of(fresh), value, layout_.value_size, std::memory_order_relaxed);
  place.store(link, std::memory_order_release);
  return 0;
}

int HashTable::erase(const std::byte* key) noexcept {
  const uint64_t mine = hash(key);
  Bucket& home = bucket(mine);
  if (!lock(home)) return -ETIMEDOUT;
  const Place old = find(home, mine, key);
  const uint32_t link = old.element ? old.link->load(std::memory_order_relaxed) : 0;
  if (link) old.link->store(old.element->next.load(std::memory_order_relaxed), std::memory_order_release);
  unlock(home);
  if (!link) return -ENOENT;
  give_to_pool(link);
  counters_.entries.fetch_sub(1, std::memory_order_relaxed);
  return 0;
}

bool HashTable::first_key_of(Bucket& bucket, std::byte* next) const noexcept {
  return walk(bucket, [&] {
    Element* first = element(bucket.head.load(std::memory_order_acquire));
    if (first) load_words(next, key_of(first), layout_.key_size);
    return first != nullptr;
  });
}

int HashTable::next_key(const std::byte* key, std::byte* next) const noexcept {
  enum class Step { absent, last, copied };
  uint32_t from = 0;
  if (key) {
    const uint64_t mine = hash(key);
    Bucket& home = bucket(mine);
    const Step step = walk(home, [&] {
      Element* here = find(home, mine, key).element;
      if (!here) return Step::absent;
      Element* follows = element(here->next.load(std::memory_order_acquire));
      if (!follows) return Step::last;
      load_words(next, key_of(follows), layout_.key_size);
      return Step::copied;
    });
    if (step == Step::copied) return 0;
    if (step == Step::last) from = static_cast<uint32_t>(&home - buckets_) + 1;
  }
  for (uint32_t at = from; at < layout_.buckets; ++at)
    if (first_key_of(buckets_[at], next)) return 0;
  return -ENOENT;
}

std::span<std::byte> HashTable::value_around(const std::byte* address) const noexcept {
  const uint32_t used = std::min(counters_.fresh.load(std::memory_order_relaxed), layout_.capacity);
  return value_in({elements_, used * layout_.stride}, layout_.stride, layout_.value_at, layout_.value_size, address);
}

/// Counts a new key in, unless the map is full. Never counts beyond max_entries, not even for a moment: another writer
/// would be refused for nothing.
bool HashTable::count_entry() noexcept {
  uint32_t entries = counters_.entries.load(std::memory_order_relaxed);
  while (entries < layout_.max_entries)
    if (counters_.entries.compare_exchange_weak(entries, entries + 1, std::memory_order_relaxed)) return true;
  return false;
}

/// An element that nobody sees, or 0. A full map still has one: live elements are at most max_entries.
uint32_t HashTable::take(uint32_t cpu) noexcept {
  std::atomic<uint32_t>& spare = spares_[cpu < layout_.nr_cpus ? cpu : 0].link;
  if (spare.load(std::memory_order_relaxed))
    if (const uint32_t link = spare.exchange(0, std::memory_order_acquire)) return link;
  if (const uint32_t link = take_from_pool()) return link;
  return take_fresh();
}

/// The count of changes keeps an element that left and came back from being mistaken for one that stayed.
uint32_t HashTable::take_from_pool() noexcept {
  uint64_t free = counters_.free.load(std::memory_order_acquire);
  while (Element* top = element(static_cast<uint32_t>(free))) {
    const uint64_t changes = (free >> 32) + 1;
    const uint64_t rest = changes << 32 | top->tag.load(std::memory_order_acquire);
    if (counters_.free.compare_exchange_weak(free, rest, std::memory_order_acquire)) return static_cast<uint32_t>(free);
  }
  return 0;
}

uint32_t HashTable::take_fresh() noexcept {
  uint32_t fresh = counters_.fresh.load(std::memory_order_relaxed);
  while (fresh < layout_.capacity)
    if (counters_.fresh.compare_exchange_weak(fresh, fresh + 1, std::memory_order_relaxed)) return fresh + 1;
  return 0;
}

/// Keeps the element for this CPU's next update, or gives it to the pool. The bucket it left is unlocked: only from now
/// on may anyone write to it.
void HashTable::retire(uint32_t link, uint32_t cpu) noexcept {
  uint32_t none = 0;
  std::atomic<uint32_t>& spare = spares_[cpu < layout_.nr_cpus ? cpu : 0].link;
  if (!spare.compare_exchange_strong(none, link, std::memory_order_release, std::memory_order_relaxed))
    give_to_pool(link);
}

void HashTable::give_to_pool(uint32_t link) noexcept {
  Element* freed = element(link);
  if (!freed) return;  // A hostile neighbour changed the link under us.
  uint64_t free = counters_.free.load(std::memory_order_relaxed);
  uint64_t pushed;
  do {
    freed->tag.store(static_cast<uint32_t>(free), std::memory_order_release);
    pushed = ((free >> 32) + 1) << 32 | link;
  } while (!counters_.free.compare_exchange_weak(free, pushed, std::memory_order_release, std::memory_order_relaxed));
}

/// Whether the chain where the element's key belongs contains it. Nobody else uses the map.
bool HashTable::is_linked(uint32_t link) const noexcept {
  uint32_t at = bucket_of(key_of(element(link))).head.load(std::memory_order_relaxed);
  for (uint32_t step = 0; at != link && step < layout_.capacity; ++step) {
    Element* here = element(at);
    if (!here) return false;
    at = here->next.load(std::memory_order_relaxed);
  }
  return at == link;
}

void HashTable::recover() noexcept {
  for (uint32_t at = 0; at < layout_.buckets; ++at)
    if (buckets_[at].version.load(std::memory_order_relaxed) & 1) unlock(buckets_[at]);
  for (uint32_t cpu = 0; cpu < layout_.nr_cpus; ++cpu) spares_[cpu].link.store(0, std::memory_order_relaxed);
  counters_.entries.store(0, std::memory_order_relaxed);
  counters_.free.store(0, std::memory_order_relaxed);
  const uint32_t used = std::min(counters_.fresh.load(std::memory_order_relaxed), layout_.capacity);
  for (uint32_t link = 1; link <= used; ++link)
    if (is_linked(link))
      counters_.entries.fetch_add(1, std::memory_order_relaxed);
    else
      give_to_pool(link);
}

}  // namespace saya
