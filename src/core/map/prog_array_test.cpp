// Slots of a program array: who owns a program, and until when.
#include "map/prog_array.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/published.h"
#include "support/case_name.h"

namespace saya {
namespace {

using Program = std::shared_ptr<const abi::Executable>;

/// A program that is never run: the map knows its address and its owner only.
Program program_owned_by(const std::shared_ptr<int>& owner) {
  return {owner, reinterpret_cast<const abi::Executable*>(owner.get())};
}

std::shared_ptr<ProgArray> make(uint32_t entries) {
  const MapSpec spec{.name = "jmp", .type = 3, .key_size = 4, .value_size = 4, .max_entries = entries};
  return std::static_pointer_cast<ProgArray>(create_map(spec, {}).value());
}

TEST(ProgArray, a_slot_holds_its_program_until_it_is_emptied) {
  const auto map = make(4);
  auto owner = std::make_shared<int>(1);
  const std::weak_ptr<int> alive = owner;
  const Program program = program_owned_by(owner);
  ASSERT_TRUE(map->set(2, program));
  EXPECT_EQ(map->at(2), program.get());
  EXPECT_EQ(owner.use_count(), 3);
  const uint32_t key = 2;
  EXPECT_EQ(map->erase(reinterpret_cast<const std::byte*>(&key)), 0);
  EXPECT_EQ(map->at(2), nullptr);
  EXPECT_EQ(owner.use_count(), 2);
}

TEST(ProgArray, a_program_replaced_is_released) {
  const auto map = make(1);
  const auto first = std::make_shared<int>(1), second = std::make_shared<int>(2);
  ASSERT_TRUE(map->set(0, program_owned_by(first)));
  ASSERT_TRUE(map->set(0, program_owned_by(second)));
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(second.use_count(), 2);
}

TEST(ProgArray, clear_releases_every_program) {
  const auto map = make(100);
  const auto owner = std::make_shared<int>(1);
  for (uint32_t index = 0; index < 100; index += 7) ASSERT_TRUE(map->set(index, program_owned_by(owner)));
  map->clear();
  EXPECT_EQ(owner.use_count(), 1);
  EXPECT_EQ(map->at(7), nullptr);
}

TEST(ProgArray, refusals_name_the_slot_and_the_limit) {
  const auto map = make(4);
  const auto beyond = map->set(4, program_owned_by(std::make_shared<int>(1)));
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code, Code::no_space);
  EXPECT_EQ(beyond.error().message, "map 'jmp': slot 4 is beyond max_entries 4");
  const auto empty = map->set(3, nullptr);
  ASSERT_FALSE(empty);
  EXPECT_EQ(empty.error().code, Code::no_such_entry);
  EXPECT_EQ(empty.error().message, "map 'jmp': slot 3 is empty");
}

struct Claim {
  const char* name;
  ProgArrayOwner first, second;
  std::string error;
};
const Claim kClaims[] = {
    {"the_same",     {6, false}, {6, false}, ""                                                                          },
    {"another_type", {3, false}, {6, false}, "map 'jmp': Program array map owner types differ: 6 (obj) != 3 (pin)"       },
    {"fragments",    {6, false}, {6, true},  "map 'jmp': its programs take packets without fragments, this one with them"},
    {"no_fragments", {6, true},  {6, false}, "map 'jmp': its programs take packets in fragments, this one without"       },
};
class Claims : public testing::TestWithParam<Claim> {};
TEST_P(Claims, programs_of_one_array_are_of_one_kind) {
  const auto map = make(4);
  ASSERT_TRUE(map->claim(GetParam().first));
  const auto result = map->claim(GetParam().second);
  EXPECT_EQ(result ? "" : result.error().message, GetParam().error);
  map->clear();
  EXPECT_EQ(map->claim(GetParam().second).has_value(), GetParam().error.empty()) << "an owner stays";
}
INSTANTIATE_TEST_SUITE_P(ProgArray, Claims, testing::ValuesIn(kClaims), tests::case_name);

TEST(ProgArray, an_index_out_of_range_is_an_empty_slot) {
  const auto map = make(4);
  EXPECT_EQ(map->at(4), nullptr);
  EXPECT_EQ(map->at(UINT64_MAX), nullptr);
}

TEST(ProgArray, a_reader_keeps_the_old_program_alive_until_it_is_quiescent) {
  const auto map = make(1);
  const auto owner = std::make_shared<int>(1);
  ASSERT_TRUE(map->set(0, program_owned_by(owner)));
  std::atomic<bool> reading = false, emptied = false;
  std::jthread worker([&] {
    Reader reader;
    const auto* program = map->at(0);
    reading = true;
    while (map->at(0) == program) std::this_thread::yield();  // The slot changes while we hold the program ...
    EXPECT_GT(owner.use_count(), 1);                          // ... which lives on,
    EXPECT_FALSE(emptied);                                    // for the other side waits for us.
    reader.quiescent();
  });
  while (!reading) std::this_thread::yield();
  ASSERT_TRUE(map->set(0, nullptr));
  emptied = true;
  EXPECT_EQ(owner.use_count(), 1);
}

}  // namespace
}  // namespace saya
