// How fast lookups and updates of each keyed map type are: time an operation, with few and with many elements.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <vector>

#include "base/bytes.h"
#include "map/map.h"

namespace saya {
namespace {

constexpr uint32_t kTrie = static_cast<uint32_t>(MapKind::lpm_trie);

/// An IPv4 prefix, or five words of a flow's key.
struct Key {
  uint32_t words[4];
};

MapPtr make(uint32_t type, uint32_t entries) {
  MapSpec spec{.name = "bench", .type = type, .key_size = 16, .value_size = 16, .max_entries = entries};
  if (type == kTrie) spec.key_size = 8, spec.flags = kMapNoPrealloc;
  if (type == 2 || type == 6) spec.key_size = 4;
  auto map = create_map(spec, {.nr_cpus = 2, .hash_key = 0x1234567});
  if (map) return *map;
  std::fputs(map.error().message.c_str(), stderr);
  std::abort();
}

std::vector<Key> keys_for(uint32_t type, uint32_t entries) {
  std::mt19937 random(1);
  std::vector<Key> keys(entries);
  for (uint32_t at = 0; at < entries; ++at) {
    const auto word = static_cast<uint32_t>(random());
    keys[at] = {
        {word, word ^ at, at, 6}
    };
    if (type == kTrie)
      keys[at] = {
          {entries > 1000 ? 24u : 8 + word % 25, word ^ at << 7, 0, 0}
      };
    if (type == 2 || type == 6)
      keys[at] = {
          {at, 0, 0, 0}
      };
  }
  return keys;
}

const std::byte* raw(const Key& key) { return reinterpret_cast<const std::byte*>(&key); }

void lookup(benchmark::State& state) {
  const auto type = static_cast<uint32_t>(state.range(0)), entries = static_cast<uint32_t>(state.range(1));
  const MapPtr map = make(type, entries);
  std::vector<Key> keys = keys_for(type, entries);
  const std::byte value[32] = {};
  for (const Key& key : keys) map->update(raw(key), value, 0, 0);
  std::shuffle(keys.begin(), keys.end(), std::mt19937(2));
  if (type == kTrie)
    for (Key& key : keys) key.words[0] = 32;
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(map->lookup(raw(keys[at]), 0));
    if (++at == keys.size()) at = 0;
  }
}

void update(benchmark::State& state) {
  const auto type = static_cast<uint32_t>(state.range(0)), entries = static_cast<uint32_t>(state.range(1));
  const MapPtr map = make(type, entries);
  const std::vector<Key> keys = keys_for(type, entries);
  const std::byte value[32] = {};
  size_t at = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(map->update(raw(keys[at]), value, 0, 0));
    if (++at == keys.size()) at = 0;
  }
}

void sizes(benchmark::internal::Benchmark* all) {
  for (const int64_t type : {1, 2, 5, 6, 9, 10, 11})
    for (const int64_t entries : {10, 1000, 100'000}) all->Args({type, entries});
}
BENCHMARK(lookup)->Apply(sizes);
BENCHMARK(update)->Apply(sizes);

}  // namespace
}  // namespace saya
