// Maps of maps: which maps may be elements, with the kernel's answers beside saya's; who owns an inner map, and until
// when; and readers that never wait while elements are replaced.
#include "map/map_of_maps.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "base/published.h"
#include "kernel/bpf.h"
#include "map/host.h"
#include "support/case_name.h"
#include "support/needs_kernel.h"

namespace saya {
namespace {

constexpr uint32_t kArrayOfMaps = 12, kHashOfMaps = 13;
constexpr uint32_t kEntries = 4;

MapSpec spec_of(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags = 0) {
  return {.name = "m", .type = type, .key_size = key, .value_size = value, .max_entries = entries, .flags = flags};
}
MapSpec outer_of(uint32_t type, const MapSpec& inner) {
  MapSpec spec = spec_of(type, 4, 4, kEntries);
  spec.name = "outer";
  spec.inner = std::make_shared<MapSpec>(inner);
  return spec;
}

template <class T>
std::span<const std::byte> bytes(const T& value) {
  return std::as_bytes(std::span(&value, 1));
}
template <class T>
int errno_of(const Result<T>& result) {
  return result ? 0 : -to_errno(result.error().code);
}

std::shared_ptr<MapOfMaps> make(uint32_t type, const MapSpec& inner) {
  return std::static_pointer_cast<MapOfMaps>(create_map(outer_of(type, inner), {.hash_key = 3}).value());
}
MapPtr inner_map(uint64_t mark) {
  const MapPtr map = create_map(spec_of(2, 4, 8, 1), {}).value();
  EXPECT_EQ(map->update(bytes(uint32_t{0}).data(), bytes(mark).data(), 0, 0), 0);
  return map;
}

// ---- What may be an element

struct Shape {
  const char* name;
  MapSpec shape;
  MapSpec inner;
  int error;
};

const Shape kShapes[] = {
    {"the_same", spec_of(2, 4, 8, 4), spec_of(2, 4, 8, 4), 0},
    {"an_array_with_more_entries", spec_of(2, 4, 8, 4), spec_of(2, 4, 8, 5), EINVAL},
    {"an_inner_array_with_more_entries", spec_of(2, 4, 8, 4, kMapInnerMap), spec_of(2, 4, 8, 5, kMapInnerMap), 0},
    {"an_array_without_the_flag", spec_of(2, 4, 8, 4, kMapInnerMap), spec_of(2, 4, 8, 4), EINVAL},
    {"an_array_with_another_flag", spec_of(2, 4, 8, 4), spec_of(2, 4, 8, 4, kMapMmapable), EINVAL},
    {"a_flag_of_the_descriptor", spec_of(2, 4, 8, 4), spec_of(2, 4, 8, 4, kMapWriteOnlySyscall), 0},
    {"another_value", spec_of(2, 4, 8, 4), spec_of(2, 4, 9, 4), EINVAL},
    {"another_key", spec_of(1, 4, 8, 4), spec_of(1, 5, 8, 4), EINVAL},
    {"another_type", spec_of(2, 4, 8, 4), spec_of(1, 4, 8, 4), EINVAL},
    {"a_hash_with_more_entries", spec_of(1, 4, 8, 4), spec_of(1, 4, 8, 5), 0},
    {"a_per_cpu_array_with_more_entries", spec_of(6, 4, 8, 4), spec_of(6, 4, 8, 5), 0},
};

class InnerShape : public testing::TestWithParam<Shape> {};

TEST_P(InnerShape, on_saya) {
  for (const uint32_t type : {kArrayOfMaps, kHashOfMaps}) {
    const auto result = make(type, GetParam().shape)->set(bytes(uint32_t{1}), create_map(GetParam().inner, {}).value());
    EXPECT_EQ(errno_of(result), -GetParam().error) << (result ? "" : result.error().message);
  }
}

TEST_P(InnerShape, on_the_kernel) {
  SAYA_NEEDS_BPF();
  const Fd shape = kernel::create_map(GetParam().shape).value(), inner = kernel::create_map(GetParam().inner).value();
  for (const uint32_t type : {kArrayOfMaps, kHashOfMaps}) {
    const Fd outer = kernel::create_map(outer_of(type, GetParam().shape), {}, shape.get()).value();
    EXPECT_EQ(errno_of(kernel::update(outer.get(), bytes(uint32_t{1}), bytes(inner.get()), 0)), -GetParam().error);
  }
}

INSTANTIATE_TEST_SUITE_P(map, InnerShape, testing::ValuesIn(kShapes), tests::case_name);

TEST(MapOfMaps, a_refusal_names_both_maps_the_field_and_its_values) {
  const auto result =
      make(kArrayOfMaps, spec_of(2, 4, 8, 4))->set(bytes(uint32_t{0}), create_map(spec_of(2, 4, 8, 9), {}).value());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message, "map 'outer': map 'm': as an inner map its max_entries must be 4, it is 9");
}

// ---- Operations, on both sides

enum class Op { put, get, erase, next };

struct Step {
  Op op;
  uint32_t key;
  uint64_t flags;
  int error;
};

struct Sequence {
  const char* name;
  uint32_t type;
  std::vector<Step> steps;
};

const Sequence kSequences[] = {
    {"array",
     kArrayOfMaps, {
         {Op::get, 0, 0, ENOENT},
         {Op::get, 9, 0, ENOENT},
         {Op::erase, 0, 0, ENOENT},
         {Op::erase, 9, 0, E2BIG},
         {Op::put, 1, kUpdateNoExist, EINVAL},
         {Op::put, 1, kUpdateExist, EINVAL},
         {Op::put, 1, 8, EINVAL},
         {Op::put, 9, kUpdateNoExist, EINVAL},
         {Op::put, 4, 0, E2BIG},
         {Op::put, 1, 0, 0},
         {Op::put, 1, 0, 0},
         {Op::get, 1, 0, 0},
         {Op::next, 1, 0, 0},
         {Op::next, 3, 0, ENOENT},
         {Op::erase, 1, 0, 0},
         {Op::erase, 1, 0, ENOENT},
         {Op::get, 1, 0, ENOENT},
     }},
    {"hash",
     kHashOfMaps,  {
         {Op::get, 9, 0, ENOENT},
         {Op::erase, 9, 0, ENOENT},
         {Op::next, 0, 0, ENOENT},
         {Op::put, 9, kUpdateExist, ENOENT},
         {Op::put, 9, 3, EINVAL},
         {Op::put, 9, kUpdateNoExist, 0},
         {Op::put, 9, kUpdateNoExist, EEXIST},
         {Op::put, 9, kUpdateExist, 0},
         {Op::put, 9, 0, 0},
         {Op::put, 1, 0, 0},
         {Op::put, 2, 0, 0},
         {Op::put, 3, 0, 0},
         {Op::put, 4, 0, E2BIG},
         {Op::put, 3, 0, 0},
         {Op::get, 9, 0, 0},
         {Op::erase, 9, 0, 0},
         {Op::erase, 9, 0, ENOENT},
         {Op::get, 9, 0, ENOENT},
         {Op::put, 4, 0, 0},
     } },
};

class InnerMapSequence : public testing::TestWithParam<Sequence> {};

TEST_P(InnerMapSequence, on_saya) {
  const auto outer = make(GetParam().type, spec_of(2, 4, 8, 1));
  for (size_t at = 0; at < GetParam().steps.size(); ++at) {
    const Step& step = GetParam().steps[at];
    const auto key = bytes(step.key);
    std::array<std::byte, 4> next{};
    int error = 0;
    switch (step.op) {
      case Op::put: error = errno_of(outer->set(key, inner_map(step.key), step.flags)); break;
      case Op::get: error = outer->lookup(key.data(), 0) ? 0 : -ENOENT; break;
      case Op::erase: error = outer->erase(key.data()); break;
      case Op::next: error = outer->next_key(key.data(), next.data()); break;
    }
    EXPECT_EQ(error, -step.error) << "step " << at;
    EXPECT_EQ(outer->get(key) != nullptr, outer->lookup(key.data(), 0) != nullptr) << "step " << at;
  }
}

TEST_P(InnerMapSequence, on_the_kernel) {
  SAYA_NEEDS_BPF();
  const MapSpec shape = spec_of(2, 4, 8, 1);
  const Fd inner = kernel::create_map(shape).value();
  const Fd outer = kernel::create_map(outer_of(GetParam().type, shape), {}, inner.get()).value();
  for (size_t at = 0; at < GetParam().steps.size(); ++at) {
    const Step& step = GetParam().steps[at];
    const auto key = bytes(step.key);
    int error = 0;
    switch (step.op) {
      case Op::put: error = errno_of(kernel::update(outer.get(), key, bytes(inner.get()), step.flags)); break;
      case Op::get: error = errno_of(kernel::lookup(outer.get(), key, 4)); break;
      case Op::erase: error = errno_of(kernel::erase(outer.get(), key)); break;
      case Op::next: error = kernel::next_key(outer.get(), key, 4).value() ? 0 : -ENOENT; break;
    }
    EXPECT_EQ(error, -step.error) << "step " << at;
  }
}

INSTANTIATE_TEST_SUITE_P(map, InnerMapSequence, testing::ValuesIn(kSequences), tests::case_name);

// ---- Ownership

class MapOfMapsOfEitherType : public testing::TestWithParam<uint32_t> {
 protected:
  const std::shared_ptr<MapOfMaps> outer_ = make(GetParam(), spec_of(2, 4, 8, 1));
};

TEST_P(MapOfMapsOfEitherType, answers_with_the_inner_map_itself) {
  const MapPtr inner = inner_map(7);
  ASSERT_TRUE(outer_->set(bytes(uint32_t{2}), inner));
  EXPECT_EQ(outer_->lookup(bytes(uint32_t{2}).data(), 0), reinterpret_cast<std::byte*>(inner.get()));
  EXPECT_EQ(outer_->get(bytes(uint32_t{2})), inner);
  EXPECT_EQ(outer_->get(bytes(uint32_t{3})), nullptr);
}

TEST_P(MapOfMapsOfEitherType, owns_an_inner_map_until_it_is_replaced_or_erased) {
  const MapPtr first = inner_map(1), second = inner_map(2);
  ASSERT_TRUE(outer_->set(bytes(uint32_t{0}), first));
  ASSERT_TRUE(outer_->set(bytes(uint32_t{1}), first));
  EXPECT_EQ(first.use_count(), 3);
  ASSERT_TRUE(outer_->set(bytes(uint32_t{0}), second));
  EXPECT_EQ(first.use_count(), 2);
  EXPECT_EQ(outer_->erase(bytes(uint32_t{1}).data()), 0);
  EXPECT_EQ(first.use_count(), 1);
  EXPECT_EQ(second.use_count(), 2);
}

TEST_P(MapOfMapsOfEitherType, lists_its_inner_maps_and_shows_no_bytes) {
  const MapPtr inner = inner_map(1);
  ASSERT_TRUE(outer_->set(bytes(uint32_t{1}), inner));
  ASSERT_TRUE(outer_->set(bytes(uint32_t{3}), inner));
  std::vector<uint32_t> keys;
  ASSERT_TRUE(outer_->for_each_inner([&](std::span<const std::byte> key, const MapPtr& map) {
    keys.push_back(load<uint32_t>(key.data()));
    EXPECT_EQ(map, inner);
  }));
  EXPECT_EQ(keys.size(), 2u);
  EXPECT_EQ(host_lookup(*outer_, bytes(uint32_t{1})).error().code, Code::unsupported);
  EXPECT_EQ(host_update(*outer_, bytes(uint32_t{1}), bytes(uint32_t{5})).error().code, Code::unsupported);
  ASSERT_TRUE(for_each(*outer_, [](auto, auto) { ADD_FAILURE() << "an inner map has no bytes"; }));
}

TEST_P(MapOfMapsOfEitherType, a_reader_keeps_the_old_inner_map_alive_until_it_is_quiescent) {
  MapPtr old = inner_map(1);
  const std::weak_ptr<Map> alive = old;
  ASSERT_TRUE(outer_->set(bytes(uint32_t{0}), std::move(old)));
  std::atomic<bool> reading = false, replaced = false;
  std::jthread worker([&] {
    Reader reader;
    const std::byte* inner = outer_->lookup(bytes(uint32_t{0}).data(), 0);
    reading = true;
    while (outer_->lookup(bytes(uint32_t{0}).data(), 0) == inner) std::this_thread::yield();
    EXPECT_FALSE(alive.expired());
    EXPECT_FALSE(replaced);
    reader.quiescent();
  });
  while (!reading) std::this_thread::yield();
  ASSERT_TRUE(outer_->set(bytes(uint32_t{0}), inner_map(2)));
  replaced = true;
  EXPECT_TRUE(alive.expired());
}

/// Each inner map is marked with the key that it is put under, and dies soon after. A reader that got another key's, or
/// a dead one, shows (the latter to the sanitizers).
TEST_P(MapOfMapsOfEitherType, readers_find_the_right_map_while_elements_come_and_go) {
  std::atomic<bool> done = false;
  std::atomic<uint64_t> found = 0;
  std::vector<std::jthread> readers;
  for (uint32_t worker = 0; worker < 3; ++worker)
    readers.emplace_back([&, worker] {
      Reader reader;
      for (uint32_t turn = worker; !done; ++turn) {
        const uint32_t key = turn % kEntries, first = 0;
        if (auto* inner = reinterpret_cast<Map*>(outer_->lookup(bytes(key).data(), worker))) {
          EXPECT_EQ(load<uint64_t>(inner->lookup(bytes(first).data(), worker)), key);
          ++found;
        }
        reader.quiescent();
      }
    });
  for (uint32_t change = 0; change < 40 || found == 0; ++change) {
    const uint32_t key = change % kEntries;
    if (change % 7 == 0 && outer_->get(bytes(key)))
      EXPECT_EQ(outer_->erase(bytes(key).data()), 0);
    else
      EXPECT_TRUE(outer_->set(bytes(key), inner_map(key)));
  }
  done = true;
}

INSTANTIATE_TEST_SUITE_P(map, MapOfMapsOfEitherType, testing::Values(kArrayOfMaps, kHashOfMaps),
                         [](const auto& type) { return std::string(find_map_type(type.param)->name); });

}  // namespace
}  // namespace saya
