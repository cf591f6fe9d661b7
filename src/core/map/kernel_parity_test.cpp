// The same specs and the same operations on saya's maps and, through bpf(2), on the running kernel's.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernel/bpf.h"
#include "map/access.h"
#include "map/map_of_maps.h"
#include "support/case_name.h"
#include "support/map_subject.h"
#include "support/needs_kernel.h"

namespace saya {
namespace {

using tests::Bytes;
using tests::MapSubject;
using tests::possible_cpus;

template <class T>
int errno_of(const Result<T>& result) {
  return result ? 0 : -to_errno(result.error().code);
}

/// The kernel's map of that spec, and before it one like its inner maps.
Result<Fd> kernel_map(const MapSpec& spec) {
  if (!spec.inner) return kernel::create_map(spec);
  SAYA_TRY(const Fd inner, kernel_map(*spec.inner));
  return kernel::create_map(spec, {.inner = inner.get()});
}

// ---- Creation

struct Creation {
  const char* name;
  MapSpec spec;
  int error;
};

MapSpec spec_of(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags = 0,
                const char* name = "m") {
  return {.name = name, .type = type, .key_size = key, .value_size = value, .max_entries = entries, .flags = flags};
}

constexpr uint32_t kHash = BPF_MAP_TYPE_HASH, kArray = BPF_MAP_TYPE_ARRAY, kProgs = BPF_MAP_TYPE_PROG_ARRAY,
                   kPerCpu = BPF_MAP_TYPE_PERCPU_ARRAY, kMapArray = BPF_MAP_TYPE_ARRAY_OF_MAPS,
                   kMapHash = BPF_MAP_TYPE_HASH_OF_MAPS, kPerCpuHash = BPF_MAP_TYPE_PERCPU_HASH,
                   kLru = BPF_MAP_TYPE_LRU_HASH, kPerCpuLru = BPF_MAP_TYPE_LRU_PERCPU_HASH,
                   kTrie = BPF_MAP_TYPE_LPM_TRIE;

/// `outer`, whose inner maps look like `inner`.
MapSpec of(MapSpec outer, MapSpec inner) {
  outer.inner = std::make_shared<MapSpec>(std::move(inner));
  return outer;
}

const Creation kCreations[] = {
    {"a_hash_with_odd_sizes_is_created", spec_of(kHash, 3, 5, 7), 0},
    {"type_0_does_not_exist", spec_of(0, 4, 4, 4), EINVAL},
    {"type_34_does_not_exist", spec_of(34, 4, 4, 4), EINVAL},
    {"the_largest_type_does_not_exist", spec_of(UINT32_MAX, 4, 4, 4), EINVAL},
    {"a_hash_needs_a_key", spec_of(kHash, 0, 4, 4), EINVAL},
    {"a_hash_needs_a_value", spec_of(kHash, 4, 0, 4), EINVAL},
    {"a_hash_needs_entries", spec_of(kHash, 4, 4, 0), EINVAL},
    {"a_hash_key_may_have_a_mebibyte", spec_of(kHash, 1 << 20, 4, 1), 0},
    {"hash_key_and_value_may_have_4194255_bytes", spec_of(kHash, 8, 4194247, 1, kMapNoPrealloc), 0},
    {"hash_key_and_value_of_4194256_bytes_are_too_big", spec_of(kHash, 8, 4194248, 1, kMapNoPrealloc), E2BIG},
    {"a_long_hash_key_counts_as_much_as_a_value", spec_of(kHash, 4194252, 4, 1, kMapNoPrealloc), E2BIG},
    {"a_hash_key_of_4_gib_is_too_big", spec_of(kHash, UINT32_MAX, 4, 1), E2BIG},
    {"a_hash_value_of_4_gib_is_too_big", spec_of(kHash, 4, UINT32_MAX, 1), E2BIG},
    {"a_hash_of_2_to_the_27_plus_1_is_too_big", spec_of(kHash, 4, 4, (1 << 27) + 1), E2BIG},
    {"a_hash_of_2_to_the_32_minus_1_is_too_big", spec_of(kHash, 4, 4, UINT32_MAX), E2BIG},
    {"a_wrong_flag_wins_over_a_big_value", spec_of(kHash, 4, 1 << 23, 4, 1 << 9), EINVAL},
    {"an_array_key_has_4_bytes_not_8", spec_of(kArray, 8, 4, 4), EINVAL},
    {"an_array_key_has_4_bytes_not_3", spec_of(kArray, 3, 4, 4), EINVAL},
    {"an_array_needs_a_value", spec_of(kArray, 4, 0, 4), EINVAL},
    {"an_array_needs_entries", spec_of(kArray, 4, 4, 0), EINVAL},
    {"an_array_value_of_2_gib_is_too_big", spec_of(kArray, 4, 1u << 31, 1), E2BIG},
    {"an_array_of_2_to_the_63_bytes_has_no_memory", spec_of(kArray, 4, INT32_MAX, UINT32_MAX), ENOMEM},
    {"a_wrong_key_wins_over_a_big_value", spec_of(kArray, 8, 1u << 31, 1), EINVAL},
    {"a_per_cpu_value_may_have_32_kib", spec_of(kPerCpu, 4, 32768, 1), 0},
    {"a_per_cpu_value_of_32_kib_and_1_is_too_big", spec_of(kPerCpu, 4, 32769, 1), E2BIG},
    {"a_per_cpu_array_needs_entries_before_all_else", spec_of(kPerCpu, 4, 40000, 0), EINVAL},
    {"a_program_array_value_has_4_bytes", spec_of(kProgs, 4, 8, 4), EINVAL},
    {"a_program_array_key_has_4_bytes", spec_of(kProgs, 8, 4, 4), EINVAL},
    {"a_program_array_needs_entries", spec_of(kProgs, 4, 4, 0), EINVAL},
    {"an_array_of_maps_needs_a_shape", spec_of(kMapArray, 4, 4, 4), EINVAL},
    {"a_hash_of_maps_needs_a_shape", spec_of(kMapHash, 4, 4, 4), EINVAL},
    {"an_array_of_maps_key_has_4_bytes", of(spec_of(kMapArray, 8, 4, 4), spec_of(kArray, 4, 8, 4)), EINVAL},
    {"an_array_of_maps_value_has_4_bytes", of(spec_of(kMapArray, 4, 8, 4), spec_of(kArray, 4, 8, 4)), EINVAL},
    {"an_array_of_maps_needs_entries", of(spec_of(kMapArray, 4, 4, 0), spec_of(kArray, 4, 8, 4)), EINVAL},
    {"a_hash_of_maps_key_may_have_1000_bytes", of(spec_of(kMapHash, 1000, 4, 4), spec_of(kArray, 4, 8, 4)), 0},
    {"a_hash_of_maps_needs_a_key", of(spec_of(kMapHash, 0, 4, 4), spec_of(kArray, 4, 8, 4)), EINVAL},
    {"a_hash_of_maps_value_has_4_bytes_not_8", of(spec_of(kMapHash, 4, 8, 4), spec_of(kArray, 4, 8, 4)), EINVAL},
    {"a_hash_of_maps_value_has_4_bytes_not_1", of(spec_of(kMapHash, 4, 1, 4), spec_of(kArray, 4, 8, 4)), EINVAL},
    {"a_hash_of_maps_of_2_to_the_27_plus_1_is_too_big",
     of(spec_of(kMapHash, 4, 4, (1 << 27) + 1, kMapNoPrealloc), spec_of(kArray, 4, 8, 4)), E2BIG},
    {"an_inner_map_may_be_a_per_cpu_array", of(spec_of(kMapArray, 4, 4, 4), spec_of(kPerCpu, 4, 8, 4)), 0},
    {"an_inner_map_may_be_a_hash", of(spec_of(kMapHash, 4, 4, 4), spec_of(kHash, 4, 8, 4, kMapNoPrealloc)), 0},
    {"an_inner_map_is_no_program_array", of(spec_of(kMapArray, 4, 4, 4), spec_of(kProgs, 4, 4, 4)), EOPNOTSUPP},
    {"an_inner_map_is_no_map_of_maps",
     of(spec_of(kMapArray, 4, 4, 4), of(spec_of(kMapHash, 4, 4, 4), spec_of(kArray, 4, 8, 4))), EINVAL},
    {"an_inner_map_is_one_that_could_be_made", of(spec_of(kMapArray, 4, 4, 4), spec_of(kArray, 8, 8, 4)), EINVAL},
    {"read_only_and_write_only_for_programs_exclude", spec_of(kArray, 4, 4, 4, 128 | 256), EINVAL},
    {"read_only_and_write_only_for_callers_exclude", spec_of(kHash, 4, 4, 4, 8 | 16), EINVAL},
    {"a_name_may_have_dots_digits_and_underscores", spec_of(kArray, 4, 4, 4, 0, ".rodata_9"), 0},
    {"a_name_may_have_15_characters", spec_of(kArray, 4, 4, 4, 0, "fifteen_letters"), 0},
    {"a_name_may_be_empty", spec_of(kArray, 4, 4, 4, 0, ""), 0},
    {"a_name_has_no_dash", spec_of(kArray, 4, 4, 4, 0, "a-b"), EINVAL},
    {"a_name_has_no_blank", spec_of(kArray, 4, 4, 4, 0, "a b"), EINVAL},
};

class MapCreation : public testing::TestWithParam<Creation> {};

TEST_P(MapCreation, by_saya) {
  const auto map = create_map(GetParam().spec, tests::kernel_like_world());
  EXPECT_EQ(errno_of(map), -GetParam().error);
  if (!map) {
    EXPECT_NE(map.error().message.find("map '"), std::string::npos) << map.error().message;
  }
}

TEST_P(MapCreation, by_the_kernel) {
  SAYA_NEEDS_BPF();
  const auto map = kernel_map(GetParam().spec);
  EXPECT_EQ(errno_of(map), -GetParam().error) << (map ? "" : map.error().message);
}

INSTANTIATE_TEST_SUITE_P(map, MapCreation, testing::ValuesIn(kCreations), tests::case_name);

TEST(MapCreationFlags, each_bit_is_accepted_exactly_where_the_kernel_accepts_it) {
  SAYA_NEEDS_BPF();
  for (const MapType& type : map_types())
    for (uint32_t bit = 0; bit < 32; ++bit) {
      MapSpec spec = spec_of(type.id, 4, 4, 4, uint32_t{1} << bit);
      if (is_map_of_maps(type.id)) spec.inner = std::make_shared<MapSpec>(spec_of(kArray, 4, 8, 4));
      EXPECT_EQ(errno_of(create_map(spec, tests::kernel_like_world())), errno_of(kernel_map(spec)))
          << type.name << " flag bit " << bit;
    }
}

// ---- Operations

enum class Op { put, get, erase, next, first };

struct Step {
  Op op;
  uint32_t key;    ///< Little endian, padded with zeroes to key_size.
  uint64_t value;  ///< The same. On CPU n the value is n more. For next and first, the key that comes back.
  uint64_t flags;
  int error;
};

struct Sequence {
  const char* name;
  MapSpec spec;
  std::vector<Step> steps;
};

Bytes bytes_of(uint64_t number, size_t size) {
  Bytes bytes(size);
  std::memcpy(bytes.data(), &number, std::min(size, sizeof number));
  return bytes;
}

/// One value, or one for every CPU, each padded to 8.
Bytes value_bytes(const MapSpec& spec, uint64_t value) {
  if (!is_per_cpu(spec.type)) return bytes_of(value, spec.value_size);
  Bytes all;
  for (uint32_t cpu = 0; cpu < possible_cpus(); ++cpu) {
    Bytes one = bytes_of(value + cpu, spec.value_size);
    one.resize((one.size() + 7) / 8 * 8);
    all.insert(all.end(), one.begin(), one.end());
  }
  return all;
}

void run(const Sequence& sequence, MapSubject& subject) {
  const MapSpec& spec = sequence.spec;
  for (size_t at = 0; at < sequence.steps.size(); ++at) {
    SCOPED_TRACE(fmt::format("step {}", at));
    const Step& step = sequence.steps[at];
    const Bytes key = bytes_of(step.key, spec.key_size);
    Bytes value = value_bytes(spec, step.value);
    Bytes found(value.size()), next(key.size());
    switch (step.op) {
      case Op::put: EXPECT_EQ(subject.update(key, value, step.flags), -step.error); break;
      case Op::get:
        EXPECT_EQ(subject.lookup(key, found), -step.error);
        if (step.error == 0) {
          EXPECT_EQ(found, value);
        }
        break;
      case Op::erase: EXPECT_EQ(subject.erase(key), -step.error); break;
      case Op::next:
      case Op::first:
        EXPECT_EQ(subject.next_key(step.op == Op::next ? &key : nullptr, next), -step.error);
        if (step.error == 0) {
          EXPECT_EQ(next, bytes_of(step.value, spec.key_size));
        }
        break;
    }
  }
}

const std::vector<Step> kArraySteps = {
    {Op::put,   1,   11, 0,                 0     },
    {Op::get,   1,   11, 0,                 0     },
    {Op::put,   1,   12, kUpdateExist,      0     },
    {Op::get,   1,   12, 0,                 0     },
    {Op::put,   1,   13, kUpdateNoExist,    EEXIST},
    {Op::put,   2,   13, kUpdateNoExist,    EEXIST}, // Never written, exists all the same.
    {Op::put,   4,   13, 0,                 E2BIG },
    {Op::put,   4,   13, kUpdateNoExist,    E2BIG },
    {Op::put,   1,   13, 3,                 EINVAL},
    {Op::put,   1,   13, 4,                 EINVAL},
    {Op::put,   9,   13, 8,                 EINVAL},
    {Op::put,   1,   13, uint64_t{1} << 32, EINVAL},
    {Op::get,   1,   12, 0,                 0     },
    {Op::get,   4,   0,  0,                 ENOENT},
    {Op::get,   ~0u, 0,  0,                 ENOENT},
    {Op::erase, 1,   0,  0,                 EINVAL},
    {Op::erase, 9,   0,  0,                 EINVAL},
    {Op::first, 0,   0,  0,                 0     },
    {Op::next,  0,   1,  0,                 0     },
    {Op::next,  2,   3,  0,                 0     },
    {Op::next,  3,   0,  0,                 ENOENT},
    {Op::next,  4,   0,  0,                 0     },
    {Op::next,  ~0u, 0,  0,                 0     },
};

const std::vector<Step> kHashSteps = {
    {Op::first, 0, 0,  0,                 ENOENT},
    {Op::get,   1, 0,  0,                 ENOENT},
    {Op::erase, 1, 0,  0,                 ENOENT},
    {Op::put,   1, 11, kUpdateExist,      ENOENT},
    {Op::put,   1, 11, kUpdateNoExist,    0     },
    {Op::put,   1, 12, kUpdateNoExist,    EEXIST},
    {Op::get,   1, 11, 0,                 0     },
    {Op::put,   1, 12, kUpdateExist,      0     },
    {Op::get,   1, 12, 0,                 0     },
    {Op::first, 0, 1,  0,                 0     },
    {Op::next,  1, 0,  0,                 ENOENT},
    {Op::next,  9, 1,  0,                 0     }, // An absent key: from the beginning.
    {Op::put,   2, 13, 3,                 EINVAL},
    {Op::put,   2, 13, 4,                 EINVAL},
    {Op::put,   2, 13, 5,                 EINVAL},
    {Op::put,   2, 13, 8,                 EINVAL},
    {Op::put,   2, 13, uint64_t{1} << 33, EINVAL},
    {Op::put,   2, 21, 0,                 0     },
    {Op::put,   3, 31, 0,                 0     },
    {Op::put,   4, 41, 0,                 E2BIG }, // Full.
    {Op::put,   4, 41, kUpdateExist,      ENOENT},
    {Op::put,   3, 32, kUpdateNoExist,    EEXIST},
    {Op::put,   3, 32, 0,                 0     }, // An existing key still changes, again and again.
    {Op::put,   3, 33, 0,                 0     },
    {Op::put,   3, 34, 0,                 0     },
    {Op::put,   2, 22, kUpdateExist,      0     },
    {Op::put,   4, 41, 0,                 E2BIG },
    {Op::get,   3, 34, 0,                 0     },
    {Op::erase, 2, 0,  0,                 0     },
    {Op::erase, 2, 0,  0,                 ENOENT},
    {Op::put,   4, 41, 0,                 0     },
    {Op::put,   2, 23, 0,                 E2BIG },
    {Op::get,   4, 41, 0,                 0     },
    {Op::get,   1, 12, 0,                 0     },
};

const std::vector<Step> kProgSteps = {
    {Op::get,   0, 0, 0, ENOENT},
    {Op::get,   9, 0, 0, ENOENT},
    {Op::erase, 0, 0, 0, ENOENT},
    {Op::erase, 4, 0, 0, E2BIG },
    {Op::first, 0, 0, 0, 0     },
    {Op::next,  0, 1, 0, 0     },
    {Op::next,  3, 0, 0, ENOENT},
    {Op::next,  4, 0, 0, 0     },
};

const Sequence kSequences[] = {
    {"array_of_u64", spec_of(kArray, 4, 8, 4), kArraySteps},
    {"array_of_5_bytes", spec_of(kArray, 4, 5, 4), kArraySteps},
    {"array_that_can_be_mapped", spec_of(kArray, 4, 1, 4, kMapMmapable), kArraySteps},
    {"percpu_array_of_u64", spec_of(kPerCpu, 4, 8, 4), kArraySteps},
    {"percpu_array_of_12_bytes", spec_of(kPerCpu, 4, 12, 4), kArraySteps},
    {"hash_of_u32_to_u64", spec_of(kHash, 4, 8, 3), kHashSteps},
    {"hash_of_u8_to_u8", spec_of(kHash, 1, 1, 3), kHashSteps},
    {"hash_of_17_bytes_to_3", spec_of(kHash, 17, 3, 3), kHashSteps},
    {"hash_without_preallocation", spec_of(kHash, 4, 8, 3, kMapNoPrealloc), kHashSteps},
    {"hash_with_seed_zero", spec_of(kHash, 8, 8, 3, kMapZeroSeed), kHashSteps},
    {"prog_array_without_programs", spec_of(kProgs, 4, 4, 4), kProgSteps},
};

class MapSequence : public testing::TestWithParam<Sequence> {};

TEST_P(MapSequence, on_saya) {
  int error = 0;
  run(GetParam(), *tests::make_saya_subject(GetParam().spec, error));
}

TEST_P(MapSequence, on_the_kernel) {
  SAYA_NEEDS_BPF();
  int error = 0;
  run(GetParam(), *tests::make_kernel_subject(GetParam().spec, error));
}

INSTANTIATE_TEST_SUITE_P(map, MapSequence, testing::ValuesIn(kSequences), tests::case_name);

// ---- Random operations, with the kernel as the oracle

/// Hash maps have their own order on each side, so theirs are sorted.
std::vector<std::string> keys_of(MapSubject& subject, const MapSpec& spec) {
  const size_t key_size = spec.key_size;
  std::vector<std::string> keys;
  Bytes key(key_size), next(key_size);
  for (const Bytes* from = nullptr; subject.next_key(from, next) == 0; from = &key) {
    key = next;
    keys.push_back(to_hex(key));
  }
  if (spec.type != kTrie) std::ranges::sort(keys);
  return keys;
}

/// Of few: what is asked for is often there. Prefixes have few bits set, so that they nest.
Bytes random_key(const MapSpec& spec, std::mt19937& random) {
  if (spec.type != kTrie) return bytes_of(random() % (spec.max_entries + spec.max_entries / 2 + 1), spec.key_size);
  const uint32_t bits = 8 * (spec.key_size - 4);
  Bytes key(spec.key_size);
  store(key.data(), random() % 16 == 0 ? bits + 1 : random() % 4 == 0 ? bits : uint32_t(random() % (bits + 1)));
  for (size_t at = 4; at < key.size(); ++at)
    key[at] = static_cast<std::byte>(random() % 8 == 0 ? random() % 4 << random() % 8 : 0);
  return key;
}

void expect_same_answers(const MapSpec& spec, uint32_t seed) {
  SCOPED_TRACE(fmt::format("type {} flags {} seed {}", spec.type, spec.flags, seed));
  int error = 0;
  const auto ours = tests::make_saya_subject(spec, error), theirs = tests::make_kernel_subject(spec, error);
  ASSERT_TRUE(ours && theirs);
  std::mt19937 random(seed);
  for (int step = 0; step < 3000; ++step) {
    const Bytes key = random_key(spec, random);
    const Bytes value = value_bytes(spec, random());
    Bytes here(value.size()), there(value.size());
    switch (random() % 4) {
      case 0: ASSERT_EQ(ours->erase(key), theirs->erase(key)) << "step " << step; break;
      case 1:
        ASSERT_EQ(ours->lookup(key, here), theirs->lookup(key, there)) << "step " << step;
        ASSERT_EQ(here, there) << "step " << step;
        break;
      default: {
        const uint64_t flags = random() % 8 == 0 ? random() % 6 : random() % 3;
        ASSERT_EQ(ours->update(key, value, flags), theirs->update(key, value, flags))
            << "step " << step << " flags " << flags;
      }
    }
  }
  EXPECT_EQ(keys_of(*ours, spec), keys_of(*theirs, spec));
}

TEST(MapOracle, random_operations_get_the_kernels_answers) {
  SAYA_NEEDS_BPF();
  const tests::OnCpu first(0);
  for (uint32_t seed = 1; seed <= 3; ++seed) {
    expect_same_answers(spec_of(kHash, 4, 8, 40), seed);
    expect_same_answers(spec_of(kHash, 13, 100, 40, kMapNoPrealloc), seed);
    expect_same_answers(spec_of(kArray, 4, 7, 40), seed);
    expect_same_answers(spec_of(kPerCpu, 4, 24, 40), seed);
    expect_same_answers(spec_of(kPerCpuHash, 4, 24, 40), seed);
    expect_same_answers(spec_of(kPerCpuHash, 4, 5, 40, kMapNoPrealloc), seed);
    for (const uint32_t entries : {1, 2, 5, 40, 300, 1000})
      for (const uint32_t type : {kLru, kPerCpuLru})
        for (const uint32_t flags : {uint32_t{0}, uint32_t{kMapNoCommonLru}})
          expect_same_answers(spec_of(type, 4, 12, entries, flags), seed);
    for (const uint32_t size : {5, 6, 8, 12, 20, 260})
      for (const uint32_t entries : {1, 3, 40, 300})
        expect_same_answers(spec_of(kTrie, size, 8, entries, kMapNoPrealloc), seed);
  }
}

}  // namespace
}  // namespace saya
