// What the sequences of kernel_parity_test.cpp cannot show of a hash map: long runs, threads, and dead writers.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "map/hash_table.h"
#include "map/keyed_hash.h"
#include "map/map.h"

namespace saya {
namespace {

struct Key {
  uint64_t number;
  uint64_t inverse;  ///< ~number: a key made of two keys' halves shows.
  bool whole() const { return number == ~inverse; }
};
struct Value {
  uint64_t number;
  uint64_t writes;
};

Key key_of(uint64_t number) { return {number, ~number}; }
template <class T>
const std::byte* raw(const T& value) {
  return reinterpret_cast<const std::byte*>(&value);
}
uint64_t shared_number(std::byte* value) {
  return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(value)).load(std::memory_order_relaxed);
}

MapSpec spec_of(uint32_t entries) {
  return {.name = "h", .type = 1, .key_size = sizeof(Key), .value_size = sizeof(Value), .max_entries = entries};
}
MapPtr make(uint32_t entries, bool shareable = false) {
  return create_map(spec_of(entries), {.nr_cpus = 4, .hash_key = 42, .shareable = shareable}).value();
}
int put(Map& map, uint64_t number, uint64_t writes = 0, uint32_t cpu = 0, uint64_t flags = 0) {
  return map.update(raw(key_of(number)), raw(Value{number, writes}), flags, cpu);
}
std::byte* get(Map& map, uint64_t number) { return map.lookup(raw(key_of(number)), 0); }
int remove(Map& map, uint64_t number) { return map.erase(raw(key_of(number))); }

std::multiset<uint64_t> list(const Map& map) {
  std::multiset<uint64_t> numbers;
  Key key{}, next{};
  for (const Key* from = nullptr; map.next_key(from ? raw(*from) : nullptr, reinterpret_cast<std::byte*>(&next)) == 0;
       from = &key) {
    key = next;
    numbers.insert(key.number);
  }
  return numbers;
}

TEST(HashMap, random_operations_agree_with_std_map) {
  for (const uint32_t entries : {1u, 2u, 7u, 100u, 1000u}) {
    const MapPtr map = make(entries);
    std::map<uint64_t, uint64_t> oracle;
    std::mt19937 random(entries);
    for (uint64_t step = 0; step < 20'000; ++step) {
      const uint64_t number = random() % (entries + 1 + entries / 4);
      const bool present = oracle.contains(number);
      const uint64_t flags = random() % 3;
      switch (random() % 3) {
        case 0: ASSERT_EQ(remove(*map, number), oracle.erase(number) ? 0 : -ENOENT); break;
        case 1: {
          const int expected = present && flags == kUpdateNoExist     ? -EEXIST
                               : !present && flags == kUpdateExist    ? -ENOENT
                               : !present && oracle.size() == entries ? -E2BIG
                                                                      : 0;
          ASSERT_EQ(put(*map, number, step, static_cast<uint32_t>(random() % 6), flags), expected) << "step " << step;
          if (expected == 0) oracle[number] = step;
          break;
        }
        default: {
          std::byte* value = get(*map, number);
          ASSERT_EQ(value != nullptr, present) << "step " << step;
          if (value) {
            ASSERT_EQ(load<Value>(value).writes, oracle[number]);
          }
        }
      }
    }
    std::multiset<uint64_t> expected;
    for (const auto& [number, writes] : oracle) expected.insert(number);
    EXPECT_EQ(list(*map), expected);
  }
}

TEST(HashMap, an_update_leaves_the_value_that_a_program_still_holds) {
  const MapPtr map = make(4);
  ASSERT_EQ(put(*map, 1, 10), 0);
  std::byte* held = get(*map, 1);
  ASSERT_EQ(put(*map, 1, 11), 0);
  EXPECT_EQ(load<Value>(held).writes, 10u);
  EXPECT_EQ(load<Value>(get(*map, 1)).writes, 11u);
}

TEST(HashMap, another_hash_key_gives_another_order) {
  const auto order = [](uint64_t hash_key) {
    const MapPtr map = create_map(spec_of(64), {.hash_key = hash_key}).value();
    for (uint64_t number = 0; number < 64; ++number) put(*map, number);
    std::vector<uint64_t> numbers;
    Key key{}, next{};
    for (const Key* from = nullptr;
         map->next_key(from ? raw(*from) : nullptr, reinterpret_cast<std::byte*>(&next)) == 0; from = &key) {
      key = next;
      numbers.push_back(key.number);
    }
    return numbers;
  };
  EXPECT_EQ(order(1), order(1));
  EXPECT_NE(order(1), order(2));
}

/// Counters, pointers and addresses: a bucket in 2^16 buckets with 2^16 keys has 1 on average, 12 with odds of 1e-6.
TEST(KeyedHash, spreads_regular_keys_whatever_the_key_is) {
  for (const uint64_t hash_key : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}, uint64_t{0x9e3779b97f4a7c15} + 1})
    for (const int shift : {0, 3, 12, 32, 48}) {
      std::vector<int> low(1 << 16), high(1 << 16);
      for (uint64_t number = 0; number < 1 << 16; ++number) {
        const uint64_t hash = keyed_hash(hash_key, raw(number << shift), sizeof number);
        ++low[hash & 0xffff];
        ++high[hash >> 48];
      }
      EXPECT_LT(*std::ranges::max_element(low), 12) << "key " << hash_key << " shift " << shift;
      EXPECT_LT(*std::ranges::max_element(high), 12) << "key " << hash_key << " shift " << shift;
    }
}

TEST(KeyedHash, a_zero_more_is_another_key) {
  const std::vector<std::byte> zeroes(16);
  std::set<uint64_t> hashes;
  for (size_t size = 1; size <= zeroes.size(); ++size) hashes.insert(keyed_hash(3, zeroes.data(), size));
  EXPECT_EQ(hashes.size(), zeroes.size());
}

// ---- Threads

constexpr uint64_t kPermanent = 24, kTransient = 40;  // In 32 buckets: chains are long and elements change buckets.

/// Replaces the permanent keys all the time, and puts and removes transient ones.
void write_for_a_while(Map& map, uint32_t cpu) {
  std::mt19937 random(cpu);
  for (uint64_t write = 0; write < 60'000; ++write) {
    ASSERT_EQ(put(map, random() % kPermanent, write, cpu), 0);
    const uint64_t transient = kPermanent + random() % kTransient;
    if (random() % 2) {
      const int error = put(map, transient, write, cpu);
      ASSERT_TRUE(error == 0 || error == -E2BIG) << error;
    } else {
      const int error = remove(map, transient);
      ASSERT_TRUE(error == 0 || error == -ENOENT) << error;
    }
  }
}

void read_until(Map& map, const std::atomic<bool>& done, uint32_t cpu) {
  std::mt19937 random(100 + cpu);
  Key next{};
  while (!done.load(std::memory_order_relaxed)) {
    const uint64_t number = random() % kPermanent;
    std::byte* value = get(map, number);
    ASSERT_NE(value, nullptr) << "key " << number << " was always there";
    ASSERT_LT(shared_number(value), kPermanent + kTransient);
    const Key from = key_of(random() % (kPermanent + kTransient));
    if (map.next_key(raw(from), reinterpret_cast<std::byte*>(&next)) == 0) {
      ASSERT_TRUE(next.whole()) << next.number << " " << next.inverse;
      ASSERT_LT(next.number, kPermanent + kTransient);
    }
  }
}

TEST(HashMapThreads, a_key_that_is_always_there_is_always_found_and_no_key_is_torn) {
  const MapPtr map = make(32);
  for (uint64_t number = 0; number < kPermanent; ++number) ASSERT_EQ(put(*map, number), 0);
  std::atomic<bool> done = false;
  {
    std::vector<std::jthread> readers, writers;
    for (uint32_t cpu = 0; cpu < 4; ++cpu) readers.emplace_back([&, cpu] { read_until(*map, done, cpu); });
    for (uint32_t cpu = 0; cpu < 3; ++cpu) writers.emplace_back([&, cpu] { write_for_a_while(*map, cpu); });
    writers.clear();
    done = true;
  }
  const auto keys = list(*map);
  EXPECT_EQ(std::set<uint64_t>(keys.begin(), keys.end()).size(), keys.size()) << "a key is there twice";
  uint64_t more = 1000;
  while (put(*map, more) == 0) ++more;
  EXPECT_EQ(list(*map).size(), 32u) << "entries were miscounted";
}

TEST(HashMapThreads, writers_on_one_cpu_number_do_not_lose_elements) {
  const MapPtr map = make(8);
  {
    std::vector<std::jthread> writers;
    for (uint64_t thread = 0; thread < 4; ++thread)
      writers.emplace_back([&, thread] {
        for (uint64_t write = 0; write < 30'000; ++write) ASSERT_EQ(put(*map, thread, write, 0), 0);
      });
  }
  for (uint64_t number = 0; number < 8; ++number) EXPECT_EQ(put(*map, number), 0);
  EXPECT_EQ(put(*map, 8), -E2BIG);
  for (uint64_t number = 0; number < 4; ++number) EXPECT_EQ(load<Value>(get(*map, number)).number, number);
}

// ---- Dead writers

TEST(HashMapDeath, a_held_bucket_is_readable_refuses_writers_and_recovers) {
  const MapPtr map = make(4, true);
  for (uint64_t number = 0; number < 4; ++number) ASSERT_EQ(put(*map, number, 5), 0);
  MapMemory memory(Region::map(Fd(::dup(map->memory().region().fd()))).value());
  const HashTable table(map->spec(), HashLayout(map->spec(), map->nr_cpus()), memory.header().hash_key,
                        memory.payload());
  const HashChains& chains = table.chains();
  chains.bucket(chains.hash(raw(key_of(2)))).version.fetch_add(1);  // As a writer does that takes the lock and dies.
  for (uint64_t number = 0; number < 4; ++number) EXPECT_NE(get(*map, number), nullptr);
  EXPECT_EQ(list(*map).size(), 4u);
  EXPECT_EQ(put(*map, 2, 6), -ETIMEDOUT);
  EXPECT_EQ(remove(*map, 2), -ETIMEDOUT);
  map->recover();
  EXPECT_EQ(put(*map, 2, 6), 0);
  EXPECT_EQ(load<Value>(get(*map, 2)).writes, 6u);
  EXPECT_EQ(remove(*map, 2), 0);
}

/// Writes until it is killed; `progress` says how far it is.
[[noreturn]] void write_for_ever(Map& map, std::atomic<uint64_t>& progress) {
  for (uint64_t write = 0;; ++write) {
    put(map, write % kPermanent, write);
    put(map, kPermanent + write % kTransient, write);
    remove(map, kPermanent + (write * 7) % kTransient);
    progress.store(write, std::memory_order_relaxed);
  }
}

TEST(HashMapDeath, a_writer_killed_anywhere_leaves_every_key_readable) {
  Region shared = Region::memfd("progress", sizeof(uint64_t)).value();
  auto& progress = *reinterpret_cast<std::atomic<uint64_t>*>(shared.data());
  for (uint64_t round = 0; round < 30; ++round) {
    const MapPtr map = make(32, true);
    for (uint64_t number = 0; number < kPermanent; ++number) ASSERT_EQ(put(*map, number), 0);
    progress = 0;
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_for_ever(*map, progress);
    while (progress.load() < 100 + round * 37) std::this_thread::yield();
    ::kill(child, SIGKILL);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    for (uint64_t number = 0; number < kPermanent; ++number) {
      std::byte* value = get(*map, number);
      ASSERT_NE(value, nullptr);
      EXPECT_EQ(load<Value>(value).number, number);
    }
    map->recover();
    for (const uint64_t number : list(*map)) ASSERT_EQ(remove(*map, number), 0);
    for (uint64_t number = 0; number < 32; ++number) ASSERT_EQ(put(*map, number), 0);
    EXPECT_EQ(put(*map, 32), -E2BIG);
  }
}

}  // namespace
}  // namespace saya
