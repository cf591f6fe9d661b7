// Readers of LRU maps and tries while writers change them: no key is torn, nothing that is always there goes missing,
// and afterwards nothing is lost. What one thread sees is in kernel_parity_test.cpp. Worth a run under TSan.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <set>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "map/map.h"
#include "support/case_name.h"

namespace saya {
namespace {

struct Key {
  uint32_t length;
  uint32_t address;  ///< Of a trie; else any number,
  uint64_t inverse;  ///< which is in here again, upside down.
  bool whole() const { return inverse == ~uint64_t{address}; }
};

template <class T>
const std::byte* raw(const T& value) {
  return reinterpret_cast<const std::byte*>(&value);
}

uint64_t shared_number(std::byte* value) {
  return std::atomic_ref<uint64_t>(*reinterpret_cast<uint64_t*>(value)).load(std::memory_order_relaxed);
}

struct Setup {
  const char* name;
  MapKind kind;
  uint32_t flags;
};

MapPtr make(const Setup& setup, uint32_t entries) {
  const MapSpec spec{.name = "m",
                     .type = uint32_t(setup.kind),
                     .key_size = sizeof(Key),
                     .value_size = sizeof(uint64_t),
                     .max_entries = entries,
                     .flags = setup.flags};
  return create_map(spec, {.nr_cpus = 1, .hash_key = 42}).value();
}

std::multiset<uint32_t> list(const Map& map) {
  std::multiset<uint32_t> all;
  Key key{}, next{};
  for (const Key* from = nullptr; map.next_key(from ? raw(*from) : nullptr, reinterpret_cast<std::byte*>(&next)) == 0;
       from = &key) {
    key = next;
    all.insert(key.address);
    if (all.size() > 10'000) break;
  }
  return all;
}

/// `readers` run until all `writers` are done.
template <class Read, class Write>
void together(Read read, Write write) {
  std::atomic<bool> done = false;
  std::vector<std::jthread> readers, writers;
  for (uint32_t at = 0; at < 2; ++at) readers.emplace_back([&, at] { read(at, done); });
  for (uint32_t at = 0; at < 3; ++at) writers.emplace_back([&, at] { write(at); });
  writers.clear();
  done = true;
}

// ---- LRU

constexpr uint32_t kEntries = 16, kNumbers = 64;

Key number_key(uint32_t number) { return {0, number, ~uint64_t{number}}; }

class LruThreads : public testing::TestWithParam<Setup> {};

TEST_P(LruThreads, keys_are_whole_and_no_element_is_lost) {
  const MapPtr map = make(GetParam(), kEntries);
  together(
      [&](uint32_t reader, const std::atomic<bool>& done) {
        std::mt19937 random(100 + reader);
        Key next{};
        while (!done.load(std::memory_order_relaxed)) {
          std::byte* value = map->lookup(raw(number_key(random() % kNumbers)), 0);
          if (value) {
            ASSERT_LT(shared_number(value), kNumbers);
          }
          const Key from = number_key(random() % kNumbers);
          if (map->next_key(raw(from), reinterpret_cast<std::byte*>(&next)) != 0) continue;
          ASSERT_TRUE(next.whole()) << next.address << " " << next.inverse;
        }
      },
      [&](uint32_t writer) {
        std::mt19937 random(writer);
        for (uint32_t write = 0; write < 40'000; ++write) {
          const uint32_t number = random() % kNumbers;
          const Key key = number_key(number);
          const int error =
              random() % 4 == 0 ? map->erase(raw(key)) : map->update(raw(key), raw(uint64_t{number}), 0, 0);
          ASSERT_TRUE(error == 0 || error == -ENOENT || error == -ENOMEM) << error;
        }
      });
  const auto left = list(*map);
  EXPECT_LE(left.size(), kEntries);
  EXPECT_EQ(std::set<uint32_t>(left.begin(), left.end()).size(), left.size()) << "a key is there twice";
  for (const uint32_t number : left) EXPECT_EQ(map->erase(raw(number_key(number))), 0);
  // Room is made for several elements at once, so it depends on the lists when the map is full, but it must be at
  // times.
  size_t most = 0;
  for (uint32_t number = 0; number < kNumbers; ++number) {
    EXPECT_EQ(map->update(raw(number_key(number)), raw(uint64_t{number}), 0, 0), 0);
    most = std::max(most, list(*map).size());
  }
  EXPECT_EQ(most, kEntries) << "elements were lost";
}

constexpr Setup kLru[] = {
    {"lru_hash",                MapKind::lru_hash,        0              },
    {"lru_hash_with_own_lists", MapKind::lru_hash,        kMapNoCommonLru},
    {"lru_percpu_hash",         MapKind::lru_percpu_hash, 0              },
};
INSTANTIATE_TEST_SUITE_P(map, LruThreads, testing::ValuesIn(kLru), tests::case_name);

// ---- Tries

constexpr uint32_t kPermanent = 32, kRoom = 400;

/// 10.n.0.0/16, and longer ones below it.
Key prefix(uint32_t network, uint32_t host, uint32_t length) {
  const uint32_t address = network << 8 | host << 16 | 10;
  return {length, address, ~uint64_t{address}};
}

TEST(LpmThreads, a_prefix_that_is_always_there_always_matches_and_no_key_is_torn) {
  const MapPtr map = make({"", MapKind::lpm_trie, kMapNoPrealloc}, kRoom);
  for (uint32_t network = 0; network < kPermanent; ++network)
    ASSERT_EQ(map->update(raw(prefix(network, 0, 16)), raw(uint64_t{network}), 0, 0), 0);
  together(
      [&](uint32_t reader, const std::atomic<bool>& done) {
        std::mt19937 random(100 + reader);
        Key next{};
        while (!done.load(std::memory_order_relaxed)) {
          const uint32_t network = random() % kPermanent;
          std::byte* value = map->lookup(raw(prefix(network, random() % 256, 96)), 0);
          ASSERT_NE(value, nullptr) << "network " << network << " was always there";
          ASSERT_LT(shared_number(value), kPermanent);
          const Key from = prefix(random() % kPermanent, random() % 256, 24);
          if (map->next_key(raw(from), reinterpret_cast<std::byte*>(&next)) != 0) continue;
          ASSERT_TRUE(next.whole()) << next.address << " " << next.inverse;
          ASSERT_TRUE(next.length >= 8 && next.length <= 32) << next.length;
        }
      },
      [&](uint32_t writer) {
        std::mt19937 random(writer);
        for (uint32_t write = 0; write < 40'000; ++write) {
          const uint32_t network = random() % kPermanent;
          const Key below = prefix(network, random() % 256, 17 + random() % 16);
          int error = 0;
          if (random() % 2)
            error = map->update(raw(below), raw(uint64_t{network}), 0, 0);
          else
            error = map->erase(raw(below));
          ASSERT_TRUE(error == 0 || error == -ENOENT || error == -ENOSPC) << error;
          if (random() % 8 == 0) {
            ASSERT_EQ(map->update(raw(prefix(network, 0, 16)), raw(uint64_t{network}), 0, 0), 0);
          }
          if (random() % 16 == 0) map->erase(raw(prefix(0, 0, 8)));
          if (random() % 16 == 0) map->update(raw(prefix(0, 0, 8)), raw(uint64_t{0}), 0, 0);
        }
      });
  Key next{};
  while (map->next_key(nullptr, reinterpret_cast<std::byte*>(&next)) == 0) ASSERT_EQ(map->erase(raw(next)), 0);
  for (uint32_t at = 0; at < kRoom; ++at)
    ASSERT_EQ(map->update(raw(prefix(at % 256, at / 256, 32)), raw(uint64_t{at}), 0, 0), 0) << at;
  EXPECT_EQ(map->update(raw(prefix(255, 255, 32)), raw(uint64_t{0}), 0, 0), -ENOSPC);
  EXPECT_EQ(list(*map).size(), kRoom);
}

TEST(LpmThreads, what_a_program_holds_stays_until_128_more_are_gone) {
  const MapPtr map = make({"", MapKind::lpm_trie, kMapNoPrealloc}, 4);
  const Key key = prefix(1, 0, 16);
  ASSERT_EQ(map->update(raw(key), raw(uint64_t{1}), 0, 0), 0);
  std::byte* held = map->lookup(raw(key), 0);
  for (uint64_t write = 2; write < 120; ++write) {
    ASSERT_EQ(map->update(raw(key), raw(write), 0, 0), 0);
    ASSERT_EQ(shared_number(held), 1u);
    ASSERT_EQ(shared_number(map->lookup(raw(key), 0)), write);
  }
  for (uint64_t write = 0; write < 10'000; ++write) ASSERT_EQ(map->update(raw(key), raw(write), 0, 0), 0);
}

}  // namespace
}  // namespace saya
