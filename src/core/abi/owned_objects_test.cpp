// Who holds an object, and that it is gone when nobody does. What programs see is compared with the kernel in
// tests/parity/kfunc_object.bpf.c and its kin; here is what only the count shows, and what the hostile and the
// many do.
#include "abi/owned_objects.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <thread>

#include "base/bytes.h"
#include "map/host.h"

namespace saya::abi {
namespace {

using Kind = MapField::Kind;

constexpr uint32_t kLink = 8, kBranch = 32, kInner = 64, kHead = 72, kLock = 88, kCount = 92;

/// A struct with a field of each kind.
ObjectTypePtr everything() {
  return std::make_shared<ObjectType>(ObjectType{
      1,
      "everything",
      96,
      {{Kind::list_node, kLink, 24},
        {Kind::rb_node, kBranch, 32},
        {Kind::kernel_pointer, kInner, 8},
        {Kind::list_head, kHead, 16},
        {Kind::spin_lock, kLock, 4},
        {Kind::refcount, kCount, 4}}
  });
}

/// A map whose values have a lock, a pointer, a list and a tree.
MapPtr make_map(uint32_t type = static_cast<uint32_t>(MapKind::hash)) {
  return create_map(
             {
                 .name = "places",
                 .type = type,
                 .key_size = 4,
                 .value_size = 48,
                 .max_entries = 8,
                 .fields = {{Kind::spin_lock, 0, 4},
                            {Kind::kernel_pointer, 8, 8},
                            {Kind::list_head, 16, 16},
                            {Kind::rb_root, 32, 16}}
  },
             {})
      .value();
}

class Owned : public testing::Test {
 protected:
  Owned() { value = put(0); }

  std::byte* put(uint32_t key) {
    const std::array<std::byte, 48> empty{};
    EXPECT_EQ(map->update(reinterpret_cast<const std::byte*>(&key), empty.data(), 0, 0), 0);
    return map->lookup(reinterpret_cast<const std::byte*>(&key), 0);
  }
  void erase(uint32_t key) { EXPECT_EQ(map->erase(reinterpret_cast<const std::byte*>(&key)), 0); }
  std::byte* make() { return objects.create(type); }
  static uint64_t number(const std::byte* object) { return reinterpret_cast<uint64_t>(object); }
  std::byte* pointer() const { return value + 8; }
  std::byte* head() const { return value + 16; }
  std::byte* root() const { return value + 32; }

  OwnedObjects objects;
  ObjectTypePtr type = everything();
  MapPtr map = make_map();
  std::byte* value = nullptr;
};

const OwnedObjects::Less kByNumber = [](std::byte* a, std::byte* b) {
  return load<uint64_t>(a - kBranch) < load<uint64_t>(b - kBranch);
};

TEST_F(Owned, TheLastReferenceTakesTheObject) {
  std::byte* const object = make();
  EXPECT_TRUE(objects.acquire(object));
  objects.drop(object);
  EXPECT_EQ(objects.count(), 1u);
  objects.drop(object);
  EXPECT_EQ(objects.count(), 0u);
  EXPECT_FALSE(objects.acquire(object));
  objects.drop(object);  // Of nothing.
}

TEST_F(Owned, AnObjectThatIsNewHasNothingOfTheOneBefore) {
  std::byte* const object = make();
  std::memset(object, 0xff, 8);
  objects.drop(object);
  std::byte* const again = make();
  EXPECT_EQ(load<uint64_t>(again), 0u);
}

TEST_F(Owned, EndsWithTheElementThatHeldIt) {
  EXPECT_EQ(objects.exchange(pointer(), map.get(), number(make())).pointer, 0u);
  EXPECT_EQ(objects.push(head(), map.get(), make() + kLink, false), 0);
  EXPECT_EQ(objects.add(root(), map.get(), make() + kBranch, kByNumber), 0);
  EXPECT_EQ(objects.count(), 3u);
  erase(0);
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, EndsWithAnUpdateOfTheValue) {
  objects.exchange(pointer(), map.get(), number(make()));
  put(0);
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, EndsWithTheMap) {
  objects.push(head(), map.get(), make() + kLink, false);
  EXPECT_EQ(objects.count(), 1u);
  map = nullptr;
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, APlaceOfAnElementThatIsGoneIsEmpty) {
  objects.exchange(pointer(), map.get(), number(make()));
  objects.push(head(), map.get(), make() + kLink, false);
  erase(0);
  value = put(0);
  EXPECT_EQ(objects.pop(head(), map.get(), true), nullptr);
  const auto before = objects.exchange(pointer(), map.get(), 0);
  EXPECT_EQ(before.pointer, 0u);
  EXPECT_FALSE(before.owned);
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, ObjectsEndWithTheObjectThatHoldsThem) {
  std::byte* const outer = make();
  objects.exchange(outer + kInner, nullptr, number(make()));
  objects.push(outer + kHead, nullptr, make() + kLink, false);
  objects.push(outer + kHead, nullptr, make() + kLink, true);
  EXPECT_EQ(objects.count(), 4u);
  objects.drop(outer);
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, AChainOfAnyLengthEndsWithoutRecursion) {
  std::byte* first = make();
  for (int i = 0; i < 100000; ++i) {
    std::byte* const next = make();
    objects.push(next + kHead, nullptr, first + kLink, false);
    first = next;
  }
  objects.drop(first);
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, ANodeOfAListThatIsGoneIsFree) {
  std::byte* const object = make();
  ASSERT_TRUE(objects.acquire(object));
  EXPECT_EQ(objects.push(head(), map.get(), object + kLink, false), 0);
  erase(0);
  value = put(0);
  EXPECT_EQ(objects.push(head(), map.get(), object + kLink, false), 0);
  EXPECT_EQ(objects.pop(head(), map.get(), true), object + kLink);
  objects.drop(object);
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, ANodeOfAListInAnObjectThatIsGoneIsFree) {
  std::byte* const object = make();
  std::byte* const outer = make();
  ASSERT_TRUE(objects.acquire(object));
  EXPECT_EQ(objects.push(outer + kHead, nullptr, object + kLink, false), 0);
  objects.exchange(pointer(), map.get(), number(outer));
  erase(0);
  value = put(0);
  EXPECT_EQ(objects.push(head(), map.get(), object + kLink, false), 0);
}

TEST_F(Owned, ANodeIsInOneListOnly) {
  std::byte* const object = make();
  ASSERT_TRUE(objects.acquire(object));
  EXPECT_EQ(objects.push(head(), map.get(), object + kLink, false), 0);
  EXPECT_EQ(objects.push(head(), map.get(), object + kLink, false), -EINVAL) << "and the reference is gone";
  objects.drop(object);  // As only a program could that nobody verified: the list's.
  EXPECT_EQ(objects.count(), 0u);
  EXPECT_EQ(objects.pop(head(), map.get(), true), nullptr);
}

TEST_F(Owned, WhatIsNoNodeNoPlaceNoObjectDoesNothing) {
  std::byte* const object = make();
  std::array<std::byte, 64> elsewhere{};
  EXPECT_EQ(objects.push(head(), map.get(), object + 4, false), -EINVAL);
  EXPECT_EQ(objects.push(head(), map.get(), elsewhere.data(), false), -EINVAL);
  EXPECT_EQ(objects.pop(elsewhere.data(), nullptr, true), nullptr);
  EXPECT_EQ(objects.remove(root(), map.get(), object + kBranch), nullptr);
  EXPECT_EQ(objects.look(root(), map.get(), OwnedObjects::Which::left, elsewhere.data()), nullptr);
  EXPECT_FALSE(objects.acquire(object + 8));
  EXPECT_EQ(objects.find(elsewhere.data()).begin, nullptr);
  EXPECT_EQ(objects.copy_of(object, 0), nullptr);
  EXPECT_EQ(objects.push(elsewhere.data(), nullptr, object + kLink, false), -EINVAL) << "and the reference is gone";
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, BytesThatSomebodyMadeUpHoldNothing) {
  std::byte* const object = make();
  store(pointer(), number(object));
  EXPECT_FALSE(objects.exchange(pointer(), map.get(), 0).owned);
  objects.push(head(), map.get(), object + kLink, false);
  const uint32_t one = 1;
  std::byte* const other = put(one);
  std::memcpy(other + 16, head(), 16);
  EXPECT_EQ(objects.pop(other + 16, map.get(), true), nullptr);
  EXPECT_EQ(objects.pop(head(), map.get(), true), object + kLink);
}

TEST_F(Owned, AComparisonMayTakeTheTreeAway) {
  objects.add(root(), map.get(), make() + kBranch, kByNumber);
  const auto less = [this](std::byte*, std::byte*) {
    erase(0);
    return objects.count() == 0;
  };
  EXPECT_EQ(objects.add(root(), map.get(), make() + kBranch, less), -EINVAL);
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, AComparisonMayTakeTheNodeOut) {
  objects.add(root(), map.get(), make() + kBranch, kByNumber);
  const auto less = [this](std::byte*, std::byte* there) {
    objects.drop(objects.remove(root(), map.get(), there) - kBranch);
    return true;
  };
  EXPECT_EQ(objects.add(root(), map.get(), make() + kBranch, less), -EINVAL);
  EXPECT_EQ(objects.count(), 0u);
}

TEST_F(Owned, ObjectsHaveALargestSize) {
  const auto sized = [&](uint32_t size) {
    return objects.create(std::make_shared<ObjectType>(ObjectType{2, "large", size, {}}));
  };
  EXPECT_NE(sized(OwnedObjects::kMostObjectBytes), nullptr);
  EXPECT_EQ(sized(OwnedObjects::kMostObjectBytes + 1), nullptr);
  EXPECT_EQ(sized(0), nullptr);
}

TEST_F(Owned, ThereIsNoRoomForEverMore) {
  const auto large = std::make_shared<ObjectType>(ObjectType{2, "large", OwnedObjects::kMostObjectBytes, {}});
  size_t made = 0;
  while (objects.create(large)) ++made;
  EXPECT_EQ(made, OwnedObjects::kMostBytes / 4096);
}

TEST(OwnedPerCpu, EachCpuHasACopy) {
  OwnedObjects objects(3);
  std::byte* const object = objects.create(std::make_shared<ObjectType>(ObjectType{2, "numbers", 12, {}}), true);
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(objects.copy_of(object, 0), object);
  EXPECT_EQ(objects.copy_of(object, 2), object + 32);
  EXPECT_EQ(objects.copy_of(object, 3), nullptr);
}

TEST_F(Owned, WorkersMoveObjectsBetweenPlaces) {
  constexpr int kRounds = 3000;
  std::mutex tree;  // The spin lock that programs hold around a tree.
  std::vector<std::jthread> workers;
  for (uint32_t worker = 0; worker < 4; ++worker)
    workers.emplace_back([this, &tree] {
      const auto add = [&](std::byte* node) {
        const std::lock_guard lock(tree);
        objects.add(root(), map.get(), node, kByNumber);
      };
      const auto remove_first = [&]() -> std::byte* {
        const std::lock_guard lock(tree);
        std::byte* const first = objects.look(root(), map.get(), OwnedObjects::Which::first);
        return first ? objects.remove(root(), map.get(), first) : nullptr;
      };
      for (int i = 0; i < kRounds; ++i) {
        objects.push(head(), map.get(), make() + kLink, i % 2 == 0);
        add(make() + kBranch);
        if (std::byte* const node = objects.pop(head(), map.get(), i % 3 == 0)) objects.drop(node - kLink);
        if (std::byte* const first = remove_first()) objects.drop(first - kBranch);
        const auto before = objects.exchange(pointer(), map.get(), number(make()));
        if (before.owned) objects.drop(reinterpret_cast<std::byte*>(before.pointer));
      }
    });
  workers.clear();
  erase(0);
  EXPECT_EQ(objects.count(), 0u);
}

}  // namespace
}  // namespace saya::abi
