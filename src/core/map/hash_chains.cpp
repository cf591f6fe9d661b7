// Buckets and chains of hash maps. Results as kernel/bpf/hashtab.c, Linux 6.18; the algorithm is in the header.
#include "map/hash_chains.h"

#include <bit>
#include <cerrno>

#include "map/keyed_hash.h"
#include "map/records.h"
#include "map/words.h"

namespace saya {
namespace {

static_assert(std::atomic<uint32_t>::is_always_lock_free && std::atomic<uint64_t>::is_always_lock_free);

constexpr int kWalks = 128;  // Each one more means that a writer left the bucket during the last.
constexpr uint32_t kStepsUnchecked = 32;
constexpr size_t kNoSharing = 128;                 // Two cache lines: processors fetch them in pairs.
constexpr Nanoseconds kEvictPatience = 5'000'000;  // There are other elements.

uint32_t tag_of(uint64_t hash) noexcept { return static_cast<uint32_t>(hash >> 32); }

/// How many writers have left the bucket.
uint32_t departures(const HashChains::Bucket& bucket) noexcept {
  return bucket.version.load(std::memory_order_relaxed) >> 1;
}

bool try_lock(HashChains::Bucket& bucket) noexcept {
  uint32_t version = bucket.version.load(std::memory_order_relaxed);
  return !(version & 1) && bucket.version.compare_exchange_strong(version, version + 1, std::memory_order_acquire,
                                                                  std::memory_order_relaxed);
}

void unlock(HashChains::Bucket& bucket) noexcept { bucket.version.fetch_add(1, std::memory_order_release); }

}  // namespace

ChainLayout::ChainLayout(const MapSpec& spec, uint32_t cpus, uint32_t elements, size_t at) noexcept
    : key_size(spec.key_size),
      value_size(spec.value_size),
      copies(cpus ? cpus : 1),
      per_cpu(cpus > 0),
      buckets(std::bit_ceil(spec.max_entries)),
      capacity(elements),
      buckets_at(at),
      elements_at(round_up(at + buckets * sizeof(HashChains::Bucket), 64)) {
  const size_t key_end = sizeof(HashChains::Element) + round_up(spec.key_size);
  if (!per_cpu) {
    stride = key_end + round_up(spec.value_size);
    values_at = elements_at + key_end;
    value_step = stride;
    value_block = 0;
    end = elements_at + capacity * stride;
  } else {
    stride = key_end;
    values_at = round_up(elements_at + capacity * stride, kNoSharing);
    value_step = round_up(spec.value_size);
    value_block = round_up(capacity * value_step, kNoSharing);
    end = values_at + copies * value_block;
  }
}

HashChains::Hold::Hold(Bucket& bucket, Nanoseconds patience) noexcept
    : bucket_(bucket), held_(wait_until([&] { return try_lock(bucket); }, patience)) {}

HashChains::Hold::~Hold() {
  if (held_) unlock(bucket_);
}

HashChains::HashChains(const MapSpec& spec, const ChainLayout& layout, uint64_t hash_key, std::byte* payload) noexcept
    : layout_(layout),
      shape_(spec),
      hash_key_(hash_key),
      buckets_(reinterpret_cast<Bucket*>(payload + layout.buckets_at)),
      elements_(payload + layout.elements_at),
      values_(payload + layout.values_at) {}

uint64_t HashChains::hash(const std::byte* key) const noexcept { return keyed_hash(hash_key_, key, layout_.key_size); }

HashChains::Place HashChains::find(Bucket& bucket, uint64_t hash, const std::byte* key) const noexcept {
  const uint32_t before = departures(bucket);
  std::atomic<uint32_t>* link = &bucket.head;
  for (uint32_t step = 1; step <= layout_.capacity; ++step) {
    const uint32_t number = link->load(std::memory_order_acquire);
    if (!is_element(number)) break;
    Element* here = element(number);
    if (here->tag.load(std::memory_order_acquire) == tag_of(hash) && equal_words(key_of(here), key, layout_.key_size))
      return {link, number};
    link = &here->next;
    if (step % kStepsUnchecked == 0 && departures(bucket) != before) break;
  }
  return {link, 0};
}

/// The result of `once()` when no writer left `bucket` meanwhile. After many disturbed walks, the last one's.
template <class Walk>
auto HashChains::walk(const Bucket& bucket, Walk once) const noexcept {
  for (int left = kWalks;; --left) {
    const uint32_t before = bucket.version.load(std::memory_order_acquire) >> 1;
    const auto result = once();
    if (departures(bucket) == before || left == 0) return result;
  }
}

uint32_t HashChains::lookup(const std::byte* key) const noexcept {
  const uint64_t mine = hash(key);
  Bucket& home = bucket(mine);
  return walk(home, [&] { return find(home, mine, key).number; });
}

void HashChains::fill(uint32_t number, uint64_t hash, const std::byte* key) const noexcept {
  Element* fresh = element(number);
  fresh->tag.store(tag_of(hash), std::memory_order_release);
  store_words(key_of(fresh), key, layout_.key_size, std::memory_order_release);
}

void HashChains::fill_value(uint32_t number, const NewValue& fresh) const noexcept {
  if (layout_.per_cpu && fresh.cpu != NewValue::kAllCpus)
    for (uint32_t cpu = 0; cpu < layout_.copies; ++cpu)
      if (cpu != fresh.cpu) shape_.clear(value(number, cpu));
  change_value(number, fresh);
}

void HashChains::change_value(uint32_t number, const NewValue& fresh) const noexcept {
  const bool all = fresh.cpu == NewValue::kAllCpus;
  const uint32_t first = all ? 0 : fresh.cpu;
  const uint32_t end = all ? layout_.copies : first + 1;
  for (uint32_t cpu = first; cpu < end; ++cpu)
    shape_.store(value(number, cpu), fresh.bytes + (cpu - first) * round_up(layout_.value_size));
}

int HashChains::read_values(uint32_t number, std::byte* values, uint64_t flags) const noexcept {
  if (flags & kUpdateLock) return shape_.load_locked(values, value(number, 0));
  for (uint32_t cpu = 0; cpu < layout_.copies; ++cpu)
    shape_.load(values + cpu * round_up(layout_.value_size), value(number, cpu));
  return 0;
}

void HashChains::link(Bucket& bucket, const Place& old, uint32_t number) const noexcept {
  std::atomic<uint32_t>& place = old.number ? *old.link : bucket.head;
  std::atomic<uint32_t>& follows = old.number ? element(old.number)->next : bucket.head;
  element(number)->next.store(follows.load(std::memory_order_relaxed), std::memory_order_release);
  place.store(number, std::memory_order_release);
  if (old.number) release(old.number);
}

void HashChains::unlink(const Place& place) const noexcept {
  place.link->store(element(place.number)->next.load(std::memory_order_relaxed), std::memory_order_release);
  release(place.number);
}

void HashChains::release(uint32_t number) const noexcept {
  if (!shape_.has_fields()) return;
  for (uint32_t cpu = 0; cpu < layout_.copies; ++cpu) shape_.release(value(number, cpu));
}

bool HashChains::evict(uint32_t number, uint64_t hash) const noexcept {
  Bucket& home = bucket(hash);
  const Hold hold(home, kEvictPatience);
  if (!hold) return false;
  Place place{&home.head, home.head.load(std::memory_order_relaxed)};
  for (uint32_t step = 0; place.number != number; ++step) {
    if (!is_element(place.number) || step == layout_.capacity) return false;
    place.link = &element(place.number)->next;
    place.number = place.link->load(std::memory_order_relaxed);
  }
  unlink(place);
  return true;
}

bool HashChains::first_key_of(Bucket& bucket, std::byte* next) const noexcept {
  return walk(bucket, [&] {
    const uint32_t first = bucket.head.load(std::memory_order_acquire);
    if (!is_element(first)) return false;
    load_words(next, key_of(element(first)), layout_.key_size);
    return true;
  });
}

int HashChains::next_key(const std::byte* key, std::byte* next) const noexcept {
  enum class Step { absent, last, copied };
  uint32_t from = 0;
  if (key) {
    const uint64_t mine = hash(key);
    Bucket& home = bucket(mine);
    const Step step = walk(home, [&] {
      const uint32_t here = find(home, mine, key).number;
      if (!here) return Step::absent;
      const uint32_t follows = element(here)->next.load(std::memory_order_acquire);
      if (!is_element(follows)) return Step::last;
      load_words(next, key_of(element(follows)), layout_.key_size);
      return Step::copied;
    });
    if (step == Step::copied) return 0;
    if (step == Step::last) from = static_cast<uint32_t>(&home - buckets_) + 1;
  }
  for (uint32_t at = from; at < layout_.buckets; ++at)
    if (first_key_of(buckets_[at], next)) return 0;
  return -ENOENT;
}

bool HashChains::key_at(const std::byte* value, std::byte* key) const noexcept {
  const std::byte* whole = value_around(value, layout_.capacity).data();
  if (!whole || whole != value) return false;
  const size_t block = layout_.per_cpu ? layout_.value_block : layout_.capacity * layout_.value_step;
  const size_t at = static_cast<size_t>(value - values_) % block;
  load_words(key, key_of(element(static_cast<uint32_t>(at / layout_.value_step) + 1)), layout_.key_size);
  return true;
}

bool HashChains::is_in(Bucket& bucket, uint32_t number) const noexcept {
  uint32_t at = bucket.head.load(std::memory_order_acquire);
  for (uint32_t step = 0; at != number && step < layout_.capacity; ++step) {
    if (!is_element(at)) return false;
    at = element(at)->next.load(std::memory_order_acquire);
  }
  return at == number;
}

/// The visitor may change the map, this element included: what follows is read before, and given up when it has left
/// the bucket meanwhile.
bool HashChains::visit(uint32_t index, uint32_t cpu, Map::Visit show, void* context) const noexcept {
  Bucket& home = buckets_[index];
  uint32_t number = home.head.load(std::memory_order_acquire);
  for (uint32_t step = 0; is_element(number) && step < layout_.capacity; ++step) {
    Element* here = element(number);
    const uint32_t next = here->next.load(std::memory_order_acquire);
    const uint32_t before = departures(home);
    if (!show(context, key_of(here), value(number, cpu))) return false;
    if (departures(home) != before && !is_in(home, next)) return true;
    number = next;
  }
  return true;
}

std::span<std::byte> HashChains::value_around(const std::byte* address, uint32_t used) const noexcept {
  if (!layout_.per_cpu)
    return value_in({elements_, used * layout_.stride}, layout_.stride, layout_.values_at - layout_.elements_at,
                    layout_.value_size, address);
  const std::span all(values_, layout_.copies * layout_.value_block);
  const size_t at = reinterpret_cast<uintptr_t>(address) - reinterpret_cast<uintptr_t>(values_);
  if (at >= all.size()) return {};
  const auto block = all.subspan(at - at % layout_.value_block, used * layout_.value_step);
  return value_in(block, layout_.value_step, 0, layout_.value_size, address);
}

bool HashChains::is_linked(uint32_t number) const noexcept {
  return is_in(bucket(hash(key_of(element(number)))), number);
}

void HashChains::recover() const noexcept {
  for (uint32_t at = 0; at < layout_.buckets; ++at)
    if (buckets_[at].version.load(std::memory_order_relaxed) & 1) unlock(buckets_[at]);
}

}  // namespace saya
