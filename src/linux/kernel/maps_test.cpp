// Definitions become kernel maps of every type, adjusted as libbpf adjusts them.
#include "kernel/maps.h"

#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <unistd.h>

#include <ostream>

#include "base/bytes.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"

namespace saya::kernel {
namespace {

MapSpec inner_array() { return {.type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 2}; }

MapSpec of_maps(uint32_t type) {
  return {.name = "outer",
          .type = type,
          .key_size = 4,
          .value_size = 4,
          .max_entries = 4,
          .inner = std::make_shared<const MapSpec>(inner_array())};
}

object::MapDefinition defined(MapSpec spec) { return {.spec = std::move(spec), .section = ".maps"}; }

Bytes bytes(std::string_view hex) { return from_hex(hex).value(); }

class KernelMaps : public testing::Test {
 protected:
  void SetUp() override { SAYA_NEEDS_BPF(); }
};

/// Sizes that depend on the machine, as numbers that no definition has.
enum Measured : uint32_t { kCpus = 0xffffff00, kPage };

uint32_t measured(uint32_t wanted) {
  if (wanted == kCpus) return possible_cpus().value();
  if (wanted == kPage) return static_cast<uint32_t>(::sysconf(_SC_PAGESIZE));
  return wanted;
}

struct Adjusted {
  const char* name;
  uint32_t type, key, value, entries, flags;
  uint32_t wants;  ///< Entries of the map, or Measured.
  friend void PrintTo(const Adjusted& c, std::ostream* os) { *os << c.name; }
};

constexpr Adjusted kAdjusted[] = {
    {"hash",                            BPF_MAP_TYPE_HASH,             4, 8,  5,     0,                 5     },
    {"perf_event_array of all CPUs",    BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4,  0,     0,                 kCpus },
    {"perf_event_array of one",         BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4,  1,     0,                 1     },
    {"ringbuf of less than a page",     BPF_MAP_TYPE_RINGBUF,          0, 0,  1,     0,                 kPage },
    {"ringbuf of no power of two",      BPF_MAP_TYPE_RINGBUF,          0, 0,  70000, 0,                 131072},
    {"user_ringbuf of no power of two", BPF_MAP_TYPE_USER_RINGBUF,     0, 0,  70000, 0,                 131072},
    {"lpm_trie",                        BPF_MAP_TYPE_LPM_TRIE,         8, 4,  9,     BPF_F_NO_PREALLOC, 9     },
    {"devmap_hash",                     BPF_MAP_TYPE_DEVMAP_HASH,      4, 8,  3,     0,                 3     },
    {"cpumap",                          BPF_MAP_TYPE_CPUMAP,           4, 8,  1,     0,                 1     },
    {"xskmap",                          BPF_MAP_TYPE_XSKMAP,           4, 4,  3,     0,                 3     },
    {"sockhash",                        BPF_MAP_TYPE_SOCKHASH,         4, 4,  3,     0,                 3     },
    {"stack_trace",                     BPF_MAP_TYPE_STACK_TRACE,      4, 80, 3,     0,                 3     },
    {"queue",                           BPF_MAP_TYPE_QUEUE,            0, 4,  3,     0,                 3     },
    {"bloom_filter",                    BPF_MAP_TYPE_BLOOM_FILTER,     0, 4,  3,     0,                 3     },
    {"array_of_maps",                   BPF_MAP_TYPE_ARRAY_OF_MAPS,    4, 4,  3,     0,                 3     },
    {"hash_of_maps",                    BPF_MAP_TYPE_HASH_OF_MAPS,     4, 4,  3,     0,                 3     },
};

class KernelMapTypes : public testing::TestWithParam<Adjusted> {
 protected:
  void SetUp() override { SAYA_NEEDS_BPF(); }
};

TEST_P(KernelMapTypes, are_made_with_the_sizes_that_libbpf_gives_them) {
  const Adjusted& row = GetParam();
  const MapSpec spec{.name = "sixteen letters.",
                     .type = row.type,
                     .key_size = row.key,
                     .value_size = row.value,
                     .max_entries = row.entries,
                     .flags = row.flags,
                     .inner = std::make_shared<const MapSpec>(inner_array())};
  const auto map = create_adjusted(spec, -1);
  ASSERT_TRUE(map) << map.error().message;
  const MapSpec made = map_info(map->get()).value();
  EXPECT_EQ(made.max_entries, measured(row.wants));
  EXPECT_EQ(made.type, row.type);
  EXPECT_EQ(made.name, "sixteen_letters");
}
INSTANTIATE_TEST_SUITE_P(Kernel, KernelMapTypes, testing::ValuesIn(kAdjusted), tests::case_name);

TEST_F(KernelMaps, memory_node_and_extra_number_arrive_at_the_kernel) {
  const MapSpec bloom{
      .name = "b", .type = BPF_MAP_TYPE_BLOOM_FILTER, .value_size = 4, .max_entries = 3, .map_extra = 7};
  EXPECT_EQ(map_info(create_adjusted(bloom, -1).value().get()).value().map_extra, 7u);
  MapSpec nowhere = inner_array();
  nowhere.flags = kMapNumaNode;
  EXPECT_TRUE(create_adjusted(nowhere, -1));
  nowhere.numa_node = 4711;
  EXPECT_FALSE(create_adjusted(nowhere, -1));
}

TEST_F(KernelMaps, map_of_maps_needs_a_template) {
  MapSpec spec = of_maps(BPF_MAP_TYPE_HASH_OF_MAPS);
  spec.inner = nullptr;
  EXPECT_FALSE(create_adjusted(spec, -1));
}

TEST_F(KernelMaps, slots_hold_the_maps_that_the_object_puts_there) {
  object::Object object;
  object.maps = {defined(of_maps(BPF_MAP_TYPE_ARRAY_OF_MAPS)), defined(inner_array())};
  object.maps[0].maps = {
      {.index = 2, .map = 1}
  };
  const auto maps = create_maps(object, -1);
  ASSERT_TRUE(maps[0]) << maps[0].error().message;
  EXPECT_EQ(lookup(maps[0]->get(), bytes("01000000"), 4).error().code, Code::no_such_entry);
  EXPECT_TRUE(lookup(maps[0]->get(), bytes("02000000"), 4));
}

TEST_F(KernelMaps, data_is_written_and_constants_are_frozen) {
  object::Object object;
  for (const bool frozen : {false, true}) {
    object.maps.push_back(defined({.name = "fw.data", .type = 2, .key_size = 4, .value_size = 2, .max_entries = 1}));
    object.maps.back().initial = bytes("1234");
    object.maps.back().frozen = frozen;
  }
  const auto maps = create_maps(object, -1);
  for (const auto& map : maps) {
    ASSERT_TRUE(map) << map.error().message;
    EXPECT_EQ(lookup(map->get(), bytes("00000000"), 2).value(), bytes("1234"));
  }
  EXPECT_TRUE(update(maps[0]->get(), bytes("00000000"), bytes("5678"), 0));
  EXPECT_EQ(update(maps[1]->get(), bytes("00000000"), bytes("5678"), 0).error().code, Code::not_permitted);
}

struct Refused {
  const char* name;
  MapSpec spec;
  const char* initial;
  std::vector<object::MapSlot> slots;
  const char* message;
};

TEST_F(KernelMaps, one_that_cannot_be_made_says_why_and_the_others_are_there) {
  MapSpec wide = of_maps(BPF_MAP_TYPE_HASH_OF_MAPS);
  wide.key_size = 512;
  const MapSpec outer = of_maps(BPF_MAP_TYPE_ARRAY_OF_MAPS);
  const Refused rows[] = {
      {"a size that the kernel refuses",
       {.name = "m", .type = 1, .max_entries = 1},
       "",                                                                             {},
       "map 'm': create map 'm': Invalid argument"                                                                                                  },
      {"less data than the value has",
       {.name = "m", .type = 2, .key_size = 4, .value_size = 8, .max_entries = 1},
       "1234",                                                                         {},
       "map 'm': slot 0: keys of 4 and values of 8 bytes, must be 4 and 2"                                                                          },
      {"keys that are no indices",
       wide,                                                                       "",
       {{.index = 0, .map = 1}},
       "map 'outer': slot 0: keys of 512 and values of 4 bytes, must be 4 and 4"                                                                    },
      {"a slot beyond the end",
       outer,                                                                      "",
       {{.index = 9, .map = 1}},
       "map 'outer': update map element 09000000: Argument list too long"                                                                           },
      {"a map that does not exist",      outer,                                    "", {{.index = 0, .map = 7}}, "map 'outer': slot 0 is map 7 of 2"},
      {"a map unlike the template",
       outer,                                                                      "",
       {{.index = 0, .map = 0}},
       "map 'outer': update map element 00000000: Invalid argument"                                                                                 },
  };
  for (const Refused& row : rows) {
    object::Object object;
    object.maps = {defined(row.spec), defined(inner_array())};
    object.maps[0].initial = bytes(row.initial);
    object.maps[0].maps = row.slots;
    const auto maps = create_maps(object, -1);
    ASSERT_EQ(maps.size(), 2u);
    ASSERT_FALSE(maps[0]) << row.name;
    EXPECT_EQ(maps[0].error().message, row.message) << row.name;
    EXPECT_TRUE(maps[1]) << row.name;
  }
}

}  // namespace
}  // namespace saya::kernel
