// Creating maps and opening them from memory that someone else wrote.
#include "map/map.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <random>
#include <vector>

#include "map/map_of_maps.h"
#include "support/case_name.h"

namespace saya {
namespace {

using Bytes = std::vector<std::byte>;

const MapSpec kHashSpec{.name = "flows", .type = 1, .key_size = 8, .value_size = 8, .max_entries = 100};

MapSpec with_type(MapKind kind, uint32_t entries) {
  const bool slots = kind == MapKind::array || kind == MapKind::percpu_array || kind == MapKind::prog_array ||
                     kind == MapKind::array_of_maps || kind == MapKind::hash_of_maps;
  MapSpec spec{
      .name = "big", .type = uint32_t(kind), .key_size = slots ? 4u : 8u, .value_size = 4, .max_entries = entries};
  if (kind == MapKind::lpm_trie) spec.flags = kMapNoPrealloc;
  if (is_map_of_maps(spec.type)) spec.inner = std::make_shared<MapSpec>(kHashSpec);
  return spec;
}

/// Key `number` of eight bytes; of a trie, all of its 32 bits.
uint64_t key_of(const Map& map, uint64_t number) {
  return map.spec().type == uint32_t(MapKind::lpm_trie) ? 32 | number << 32 : number;
}

template <class T>
const std::byte* raw(const T& value) {
  return reinterpret_cast<const std::byte*>(&value);
}

Region second_mapping(const Map& map) { return Region::map(Fd(::dup(map.memory().region().fd()))).value(); }

TEST(MapTable, a_row_is_found_by_its_kernel_number_and_by_no_other) {
  for (const MapType& type : map_types()) EXPECT_EQ(find_map_type(type.id), &type);
  EXPECT_EQ(find_map_type(static_cast<uint32_t>(MapKind::percpu_array))->name, "percpu_array");
  EXPECT_EQ(find_map_type(0), nullptr);
  EXPECT_EQ(find_map_type(UINT32_MAX), nullptr);
}

TEST(MapTable, a_type_has_its_name_whether_saya_has_it_or_not) {
  EXPECT_EQ(map_type_name(1), "hash");
  EXPECT_EQ(map_type_name(11), "lpm_trie");
  EXPECT_EQ(map_type_name(19), "cgroup_storage");
  EXPECT_EQ(map_type_name(33), "arena");
  EXPECT_EQ(map_type_name(34), "type 34");
}

TEST(MapFlags, have_names_and_unknown_ones_numbers) {
  EXPECT_EQ(map_flag_names(0), std::vector<std::string>{});
  EXPECT_EQ(map_flag_names(kMapNoPrealloc | kMapReadOnlyProgram | kMapMmapable | kMapInnerMap),
            (std::vector<std::string>{"no_prealloc", "rdonly_prog", "mmapable", "inner_map"}));
  EXPECT_EQ(map_flag_names(1u << 18 | 1u << 31), (std::vector<std::string>{"no_user_conv", "0x80000000"}));
}

TEST(MapCreate, a_refusal_names_the_map_the_field_the_value_and_the_limit) {
  MapSpec spec = with_type(MapKind::percpu_array, 1);
  spec.value_size = 40000;
  const auto map = create_map(spec, {});
  ASSERT_FALSE(map);
  EXPECT_EQ(map.error().message, "map 'big': value_size is 40000, must be 1..32768");
}

TEST(MapCreate, a_long_name_is_cut_to_15_characters) {
  MapSpec spec = kHashSpec;
  spec.name = "a_name_of_many_characters";
  const MapPtr map = create_map(spec, {}).value();
  EXPECT_EQ(map->spec().name, "a_name_of_many_");
  EXPECT_STREQ(map->memory().header().name, "a_name_of_many_");
}

TEST(MapCreate, the_number_of_cpus_has_limits) {
  EXPECT_FALSE(create_map(kHashSpec, {.nr_cpus = 0}));
  EXPECT_FALSE(create_map(kHashSpec, {.nr_cpus = kMapMostCpus + 1}));
  EXPECT_TRUE(create_map(kHashSpec, {.nr_cpus = kMapMostCpus}));
}

TEST(MapCreate, a_zero_seed_map_has_hash_key_zero) {
  MapSpec spec = kHashSpec;
  EXPECT_EQ(create_map(spec, {.hash_key = 7}).value()->memory().header().hash_key, 7u);
  spec.flags = kMapZeroSeed;
  EXPECT_EQ(create_map(spec, {.hash_key = 7}).value()->memory().header().hash_key, 0u);
}

size_t resident_bytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

class LargeMap : public testing::TestWithParam<MapKind> {};

TEST_P(LargeMap, of_33_million_entries_costs_only_what_is_touched) {
  const size_t before = resident_bytes();
  const MapPtr map = create_map(with_type(GetParam(), 33'000'000), {.nr_cpus = 4, .hash_key = 1}).value();
  EXPECT_LT(resident_bytes(), before + (1 << 20));
  if (GetParam() == MapKind::prog_array || is_map_of_maps(uint32_t(GetParam()))) return;  // Values are no bytes.
  for (uint64_t n = 0; n < 33'000'000; n += 1'000'000) ASSERT_EQ(map->update(raw(key_of(*map, n)), raw(n), 0, 0), 0);
  for (uint64_t n = 0; n < 33'000'000; n += 1'000'000)
    EXPECT_EQ(load<uint32_t>(map->lookup(raw(key_of(*map, n)), 0)), n);
  EXPECT_LT(resident_bytes(), before + (2 << 20));
}

INSTANTIATE_TEST_SUITE_P(map, LargeMap,
                         testing::Values(MapKind::hash, MapKind::array, MapKind::percpu_array, MapKind::prog_array,
                                         MapKind::array_of_maps, MapKind::hash_of_maps, MapKind::percpu_hash,
                                         MapKind::lru_hash, MapKind::lru_percpu_hash, MapKind::lpm_trie),
                         [](const auto& kind) { return std::string(find_map_type(uint32_t(kind.param))->name); });

class SharedMap : public testing::TestWithParam<MapKind> {};

TEST_P(SharedMap, opened_at_another_address_has_the_same_contents_both_ways) {
  const MapPtr first = create_map(with_type(GetParam(), 50), {.nr_cpus = 2, .hash_key = 9, .shareable = true}).value();
  const MapPtr second = open_map(second_mapping(*first)).value();
  ASSERT_NE(first->memory().region().data(), second->memory().region().data());
  EXPECT_EQ(second->spec().name, "big");
  EXPECT_EQ(second->nr_cpus(), 2u);
  for (uint64_t number = 0; number < 50; ++number) {
    const uint64_t key = key_of(*first, number);
    Map& writer = number % 2 ? *first : *second;
    Map& reader = number % 2 ? *second : *first;
    ASSERT_EQ(writer.update(raw(key), raw(number), 0, 1), 0);
    const std::byte* value = reader.lookup(raw(key), 1);
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(load<uint32_t>(value), number);
  }
}

INSTANTIATE_TEST_SUITE_P(map, SharedMap,
                         testing::Values(MapKind::hash, MapKind::array, MapKind::percpu_array, MapKind::percpu_hash,
                                         MapKind::lru_hash, MapKind::lru_percpu_hash, MapKind::lpm_trie),
                         [](const auto& kind) { return std::string(find_map_type(uint32_t(kind.param))->name); });

// ---- Hostile memory

struct Forgery {
  const char* name;
  void (*forge)(MapHeader&);
  Code code;
  const char* says;
};

const Forgery kForgeries[] = {
    {"a_wrong_magic",            [](MapHeader& h) { h.magic ^= 1; },                   Code::malformed,        "magic"       },
    {"zeroes",                   [](MapHeader& h) { h = {}; },                         Code::malformed,        "magic"       },
    {"a_later_version",          [](MapHeader& h) { ++h.version; },                    Code::unsupported,      "version 3"   },
    {"a_name_without_end",       [](MapHeader& h) { std::ranges::fill(h.name, 'x'); }, Code::malformed,        "name"        },
    {"a_name_with_escapes",      [](MapHeader& h) { h.name[0] = '\033'; },             Code::invalid_argument, "name"        },
    {"an_unknown_type",          [](MapHeader& h) { h.type = 77; },                    Code::invalid_argument, "type 77"     },
    {"a_key_size_of_zero",       [](MapHeader& h) { h.key_size = 0; },                 Code::invalid_argument, "key_size"    },
    {"a_huge_key_size",          [](MapHeader& h) { h.key_size = UINT32_MAX; },        Code::no_space,         "key_size"    },
    {"a_value_size_of_zero",     [](MapHeader& h) { h.value_size = 0; },               Code::invalid_argument, "value_size"  },
    {"no_entries",               [](MapHeader& h) { h.max_entries = 0; },              Code::invalid_argument, "max_entries" },
    {"all_entries",              [](MapHeader& h) { h.max_entries = UINT32_MAX; },     Code::no_space,         "max_entries" },
    {"more_entries_than_memory", [](MapHeader& h) { h.max_entries = 100'000; },        Code::malformed,        "bytes, needs"},
    {"a_longer_value",           [](MapHeader& h) { h.value_size = 4096; },            Code::malformed,        "bytes, needs"},
    {"an_unknown_flag",          [](MapHeader& h) { h.flags = 1 << 30; },              Code::invalid_argument, "flags"       },
    {"no_cpus",                  [](MapHeader& h) { h.nr_cpus = 0; },                  Code::invalid_argument, "nr_cpus"     },
    {"too_many_cpus",            [](MapHeader& h) { h.nr_cpus = UINT32_MAX; },         Code::invalid_argument, "nr_cpus"     },
    {"more_cpus_than_memory",    [](MapHeader& h) { h.nr_cpus = kMapMostCpus; },       Code::malformed,        "bytes, needs"},
    {"an_array_with_a_long_key", [](MapHeader& h) { h.type = 2; },                     Code::invalid_argument, "key_size"    },
    {"a_map_of_unknown_maps",
     [](MapHeader& h) {
       h.type = 13;
       h.value_size = 4;
     },                                                                                Code::invalid_argument, "inner maps"  },
};

class HostileHeader : public testing::TestWithParam<Forgery> {};

TEST_P(HostileHeader, is_refused) {
  const MapPtr map = create_map(kHashSpec, {.shareable = true}).value();
  Region forged = second_mapping(*map);
  GetParam().forge(*reinterpret_cast<MapHeader*>(forged.data()));
  const auto opened = open_map(std::move(forged));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, GetParam().code) << opened.error().message;
  EXPECT_NE(opened.error().message.find(GetParam().says), std::string::npos) << opened.error().message;
}

INSTANTIATE_TEST_SUITE_P(map, HostileHeader, testing::ValuesIn(kForgeries), tests::case_name);

TEST(HostileHeaders, an_empty_region_and_a_bare_header_are_refused) {
  EXPECT_EQ(open_map(Region()).error().code, Code::malformed);
  Region bare = Region::reserve(kMapPayloadOffset).value();
  const MapPtr map = create_map(kHashSpec, {}).value();
  store(bare.data(), map->memory().header());
  EXPECT_EQ(open_map(std::move(bare)).error().code, Code::malformed);
}

TEST(HostileHeaders, changes_after_opening_have_no_effect) {
  const MapPtr map = create_map(with_type(MapKind::percpu_array, 4), {.nr_cpus = 2, .shareable = true}).value();
  Region forged = second_mapping(*map);
  auto& header = *reinterpret_cast<MapHeader*>(forged.data());
  header.nr_cpus = UINT32_MAX;
  header.max_entries = UINT32_MAX;
  const uint32_t key = 3;
  EXPECT_EQ(map->nr_cpus(), 2u);
  EXPECT_EQ(map->lookup(raw(key), 2), nullptr);
  EXPECT_EQ(map->update(raw(uint32_t{4}), raw(key), 0, 0), -E2BIG);
}

struct Ruin {
  const char* name;
  MapKind kind;
  uint32_t flags;
  std::vector<size_t> locks;  ///< Words of the payload that would make writers wait.
};
const Ruin kRuins[] = {
    {"hash",                    MapKind::hash,            0,               {}     },
    {"percpu_hash",             MapKind::percpu_hash,     0,               {}     },
    {"lru_hash",                MapKind::lru_hash,        0,               {0, 64}},
    {"lru_hash_with_own_lists", MapKind::lru_hash,        kMapNoCommonLru, {0}    },
    {"lru_percpu_hash",         MapKind::lru_percpu_hash, 0,               {0, 64}},
    {"lpm_trie",                MapKind::lpm_trie,        kMapNoPrealloc,  {64}   },
};

class HostilePayload : public testing::TestWithParam<Ruin> {
 protected:
  MapPtr make() {
    MapSpec spec = kHashSpec;
    spec.type = uint32_t(GetParam().kind);
    spec.flags = GetParam().flags;
    return create_map(spec, {.shareable = true}).value();
  }
  /// Every byte of the payload from a random source: links to nowhere, circles, absurd counts. Nobody holds a lock.
  void ruin(Region& payload, uint32_t mask) {
    for (size_t at = kMapPayloadOffset; at < payload.size(); at += 4)
      store(payload.data() + at, static_cast<uint32_t>(random_() & mask & ~1u));
    for (const size_t lock : GetParam().locks) store(payload.data() + kMapPayloadOffset + lock, uint32_t{0});
  }
  void read(Map& map) {
    Bytes next(8);
    for (uint64_t number = 0; number < 200; ++number) {
      std::byte* value = map.lookup(raw(key_of(map, number)), 0);
      EXPECT_TRUE(!value || map.memory().region().size() > size_t(value - map.memory().region().data()));
      map.next_key(raw(key_of(map, number)), next.data());
    }
  }
  void write(Map& map) {
    for (uint64_t number = 0; number < 200; ++number) {
      map.update(raw(key_of(map, random_() % 1000)), raw(number), 0, 0);
      if (number % 3 == 0) map.erase(raw(key_of(map, number)));
    }
  }

  std::mt19937 random_{4};
};

/// Nothing may leave the region or go on for ever; what the operations answer does not matter.
TEST_P(HostilePayload, is_survived) {
  for (int round = 0; round < 40; ++round) {
    const uint32_t mask = round % 2 ? 0xff : UINT32_MAX;  // Small numbers are links that lead somewhere.
    const MapPtr map = make();
    Region forged = second_mapping(*map);
    ruin(forged, mask);
    read(*map);
    write(*map);
    map->recover();
    write(*map);
    read(*map);
  }
}

INSTANTIATE_TEST_SUITE_P(map, HostilePayload, testing::ValuesIn(kRuins), tests::case_name);

// ---- value_around

struct Around {
  const char* name;
  MapKind kind;
  uint32_t value_size;
};

class ValueAround : public testing::TestWithParam<Around> {};

/// Asks about every address of the region: exactly the bytes of a value answer, each with its whole value.
TEST_P(ValueAround, answers_exactly_for_the_bytes_of_values) {
  MapSpec spec = with_type(GetParam().kind, 10);
  spec.value_size = GetParam().value_size;
  const MapPtr map = create_map(spec, {.nr_cpus = 3, .hash_key = 5}).value();
  const Region& region = map->memory().region();
  std::vector<bool> is_value(region.size());
  const Bytes zeroes(spec.value_size);
  for (uint64_t key = 0; key < 10; ++key)
    for (uint32_t cpu = 0; cpu < map->copies(); ++cpu) {
      const uint64_t mine = key_of(*map, key);
      ASSERT_EQ(map->update(raw(mine), zeroes.data(), 0, cpu), 0);
      const size_t at = static_cast<size_t>(map->lookup(raw(mine), cpu) - region.data());
      EXPECT_EQ(at % 8, 0u);
      for (size_t byte = 0; byte < spec.value_size; ++byte) {
        EXPECT_FALSE(is_value[at + byte]) << "two values overlap";
        is_value[at + byte] = true;
        EXPECT_EQ(map->value_around(region.data() + at + byte).data(), region.data() + at);
        EXPECT_EQ(map->value_around(region.data() + at + byte).size(), spec.value_size);
      }
    }
  for (size_t at = 0; at < region.size(); ++at)
    ASSERT_EQ(!map->value_around(region.data() + at).empty(), is_value[at]) << "offset " << at;
  EXPECT_TRUE(map->value_around(nullptr).empty());
  EXPECT_TRUE(map->value_around(region.data() - 1).empty());
  EXPECT_TRUE(map->value_around(region.data() + region.size()).empty());
}

INSTANTIATE_TEST_SUITE_P(map, ValueAround,
                         testing::Values(Around{"array_of_4", MapKind::array, 4},
                                         Around{"array_of_11", MapKind::array, 11},
                                         Around{"percpu_array_of_8", MapKind::percpu_array, 8},
                                         Around{"percpu_array_of_3", MapKind::percpu_array, 3},
                                         Around{"hash_of_8", MapKind::hash, 8}, Around{"hash_of_21", MapKind::hash, 21},
                                         Around{"percpu_hash_of_12", MapKind::percpu_hash, 12}),
                         tests::case_name);

TEST(PerCpuArray, values_of_two_cpus_share_no_pair_of_cache_lines) {
  const MapPtr map = create_map(with_type(MapKind::percpu_array, 1), {.nr_cpus = 2}).value();
  const uint32_t key = 0;
  EXPECT_GE(map->lookup(raw(key), 1) - map->lookup(raw(key), 0), 128);
  EXPECT_EQ(map->lookup(raw(key), 2), nullptr);
}

}  // namespace
}  // namespace saya
