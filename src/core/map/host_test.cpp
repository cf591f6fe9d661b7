// The words of the host side, and listing. What the operations answer is in kernel_parity_test.cpp.
#include "map/host.h"

#include <gtest/gtest.h>

#include <map>

#include "support/case_name.h"

namespace saya {
namespace {

using Bytes = std::vector<std::byte>;

MapPtr make(MapKind kind, uint32_t entries, uint32_t key_size = 4) {
  const MapSpec spec{
      .name = "m", .type = uint32_t(kind), .key_size = key_size, .value_size = 5, .max_entries = entries};
  return create_map(spec, {.nr_cpus = 3, .hash_key = 11}).value();
}

Bytes bytes(std::initializer_list<int> numbers) {
  Bytes result;
  for (const int number : numbers) result.push_back(static_cast<std::byte>(number));
  return result;
}

const Bytes kKey = bytes({1, 2, 3, 0xff}), kIndex = bytes({1, 0, 0, 0}), kValue = bytes({9, 8, 7, 6, 5});

struct Refusal {
  const char* name;
  Result<> (*operation)();
  Code code;
  const char* message;
};

Result<> on(const MapPtr& map, const Bytes& key, const Bytes& value, uint64_t flags) {
  return host_update(*map, key, value, flags);
}

const Refusal kRefusals[] = {
    {"a_short_key",              [] { return on(make(MapKind::hash, 1), bytes({1}), kValue, 0); },              Code::invalid_argument,
     "map 'm': the key has 1 bytes, must be 4"                                                                                                                                      },
    {"a_long_value",             [] { return on(make(MapKind::hash, 1), kKey, bytes({1, 2, 3, 4, 5, 6}), 0); },
     Code::invalid_argument,                                                                                                            "map 'm': the value has 6 bytes, must be 5" },
    {"one_value_for_three_cpus", [] { return on(make(MapKind::percpu_array, 2), kIndex, kValue, 0); },
     Code::invalid_argument,                                                                                                            "map 'm': the value has 5 bytes, must be 24"},
    {"a_missing_key",            [] { return host_erase(*make(MapKind::hash, 1), kKey); },                      Code::no_such_entry,
     "map 'm': key 01 02 03 ff is not there"                                                                                                                                        },
    {"an_index_too_large",       [] { return on(make(MapKind::array, 1), kIndex, kValue, 0); },                 Code::no_space,
     "map 'm': key 01 00 00 00 is beyond the limit of 1 entries"                                                                                                                    },
    {"an_array_slot_again",      [] { return on(make(MapKind::array, 2), kIndex, kValue, kUpdateNoExist); },
     Code::already_exists,                                                                                                              "map 'm': key 01 00 00 00 exists already"   },
    {"an_array_slot_to_delete",  [] { return host_erase(*make(MapKind::array, 2), kIndex); },                   Code::invalid_argument,
     "map 'm': key 01 00 00 00: this type or its flags do not allow the operation"                                                                                                  },
    {"a_short_key_to_delete",    [] { return host_erase(*make(MapKind::array, 2), bytes({1})); },               Code::invalid_argument,
     "map 'm': the key has 1 bytes, must be 4"                                                                                                                                      },
};

class HostRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(HostRefusal, says_what_is_wrong) {
  const auto result = GetParam().operation();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, GetParam().code);
  EXPECT_EQ(result.error().message, GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(map, HostRefusal, testing::ValuesIn(kRefusals), tests::case_name);

TEST(HostLookup, a_very_long_key_is_shortened_in_the_message) {
  const auto value = host_lookup(*make(MapKind::hash, 1, 1000), Bytes(1000));
  ASSERT_FALSE(value);
  EXPECT_LT(value.error().message.size(), 200u);
}

TEST(HostLookup, a_program_array_has_no_bytes_to_write) {
  const MapSpec spec{.name = "jmp", .type = 3, .key_size = 4, .value_size = 4, .max_entries = 2};
  const MapPtr map = create_map(spec, {}).value();
  EXPECT_EQ(host_update(*map, kIndex, Bytes(4)).error().code, Code::unsupported);
  EXPECT_EQ(host_lookup(*map, kIndex).error().code, Code::no_such_entry);
}

TEST(HostForEach, visits_every_element_once) {
  for (const MapKind kind : {MapKind::hash, MapKind::array, MapKind::percpu_array}) {
    const MapPtr map = make(kind, 20);
    std::map<int, int> seen;
    Bytes value(host_value_size(*map));
    for (int index = 0; index < 20; ++index) {
      value[0] = static_cast<std::byte>(3 * index);
      ASSERT_TRUE(host_update(*map, bytes({index, 0, 0, 0}), value));
    }
    ASSERT_TRUE(for_each(*map, [&](std::span<const std::byte> key, std::span<const std::byte> found) {
      EXPECT_EQ(found.size(), value.size());
      EXPECT_EQ(int(found[0]), 3 * int(key[0]));
      ++seen[int(key[0])];
    }));
    EXPECT_EQ(seen.size(), 20u);
    for (const auto& [key, times] : seen) EXPECT_EQ(times, 1) << key;
  }
}

TEST(HostForEach, ends_when_the_visitor_deletes_what_it_sees) {
  const MapPtr map = make(MapKind::hash, 20);
  for (int index = 0; index < 20; ++index) ASSERT_TRUE(host_update(*map, bytes({index, 0, 0, 0}), kValue));
  int visited = 0;
  ASSERT_TRUE(for_each(*map, [&](std::span<const std::byte> key, std::span<const std::byte>) {
    ++visited;
    EXPECT_TRUE(host_erase(*map, key));
  }));
  EXPECT_EQ(visited, 20);
}

TEST(HostForEach, gives_up_when_keys_come_and_go_for_ever) {
  const MapPtr map = make(MapKind::hash, 2);
  ASSERT_TRUE(host_update(*map, bytes({0, 0, 0, 0}), kValue));
  const auto result = for_each(*map, [&](std::span<const std::byte> key, std::span<const std::byte>) {
    const Bytes other = bytes({int(key[0]) + 1, 0, 0, 0});
    EXPECT_TRUE(host_erase(*map, key));
    EXPECT_TRUE(host_update(*map, other, kValue));
  });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::io);
}

}  // namespace
}  // namespace saya
