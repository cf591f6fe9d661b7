// Objects that a checked program owns, and what it throws: which words stop it, and that nothing is left behind. The
// kernel's words were measured with Linux 6.18; what programs see is compared with it in tests/parity/kfunc_*.bpf.c.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>

#include "abi/owned_objects.h"
#include "helper/table.h"
#include "interp/interp.h"
#include "isa/line.h"
#include "packet/pool.h"
#include "support/case_name.h"
#include "support/ear.h"

namespace saya::interp {
namespace {

using Kind = MapField::Kind;
using program::Type;
using tests::case_name;

constexpr uint32_t kStruct = 5, kPlainStruct = 6;  ///< Ids of what programs allocate.

/// A worker with one map whose value has a lock, a pointer, a list and a tree, and programs from text over it.
class Rig {
 public:
  Rig() {
    maps.push_back(create_map(
                       {
                           .name = "places",
                           .type = 2,
                           .key_size = 4,
                           .value_size = 48,
                           .max_entries = 2,
                           .fields = {{Kind::spin_lock, 0, 4},
                                      {Kind::kernel_pointer, 8, 8},
                                      {Kind::list_head, 16, 16},
                                      {Kind::rb_root, 32, 16}}
    },
                       {})
                       .value());
    packet = pool->allocate(std::array<std::byte, 64>{});
  }

  abi::ExecutablePtr build(const std::string& text) const {
    const auto code = isa::assemble(text, {helper::name_of});
    EXPECT_TRUE(code) << (code ? "" : code.error().message);
    program::Program program = *program::from_code("test", code ? *code : std::vector<isa::RawInsn>{}, Type::xdp);
    program.maps = maps;
    for (const char* name : kFunctions) program.externs.push_back({.name = name});
    program.object_types = {
        std::make_shared<abi::ObjectType>(abi::ObjectType{kStruct,
                                                          "node",                88,
                                                          {{Kind::list_node, 8, 24},
                                                           {Kind::rb_node, 32, 32},
                                                           {Kind::kernel_pointer, 64, 8},
                                                           {Kind::refcount, 72, 4}}    }
        ),
        std::make_shared<abi::ObjectType>(abi::ObjectType{kPlainStruct, "plain", 16, {}}
        ),
    };
    program.exception_callback = callback;
    auto executable = run_checked(std::make_shared<program::Program>(std::move(program)), helper::table(), limits);
    EXPECT_TRUE(executable) << (executable ? "" : executable.error().message);
    return executable ? *executable : nullptr;
  }

  int64_t run(const std::string& text) {
    last = {.packet = packet.get(), .services = &services};
    uint64_t r0 = 0;
    if (const abi::ExecutablePtr program = build(text)) program->run({&last, 1}, {&r0, 1});
    return static_cast<int64_t>(r0);
  }

  static constexpr const char* kFunctions[] = {
      "bpf_obj_new_impl",        "bpf_obj_drop_impl",  "bpf_refcount_acquire_impl",
      "bpf_list_push_back_impl", "bpf_list_pop_front", "bpf_throw",
      "bpf_rbtree_add_impl",     "bpf_rbtree_first",   "bpf_rbtree_remove",
  };

  std::unique_ptr<Pool> pool = Pool::create(8).value();
  std::vector<MapPtr> maps;
  PacketPtr packet;
  RealClock clock;
  abi::Random random{1};
  abi::OwnedObjects objects;
  tests::Ear ear;
  abi::Services services{.clock = &clock, .random = &random, .objects = &objects, .listener = &ear};
  std::optional<uint32_t> callback;
  Limits limits;
  abi::Run last;
};

std::string call(std::string_view name) {
  const auto at = std::ranges::find(Rig::kFunctions, name, [](const char* known) { return std::string_view(known); });
  return fmt::format("call kernel-function#{}\n", at - std::begin(Rig::kFunctions));
}
std::string make(uint32_t type, const char* to) {
  return fmt::format("r1 = {}\nr2 = 0\n{}{} = r0\n", type, call("bpf_obj_new_impl"), to);
}
std::string drop(const char* what) { return fmt::format("r1 = {}\nr2 = 0\n{}", what, call("bpf_obj_drop_impl")); }

/// Leaves the map's value in r6, a new node in r7, a new plain object in r8.
const std::string kBegin =
    "*(u32 *)(r10 -4) = 0\nr1 = map[idx:0]\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\nr6 = r0\n" +
    make(kStruct, "r7") + make(kPlainStruct, "r8");
const std::string kLock = "r1 = r6\ncall bpf_spin_lock\n", kUnlock = "r1 = r6\ncall bpf_spin_unlock\n";
const std::string kPush = "r1 = r6\nr1 += 16\nr2 = r7\nr2 += 8\nr3 = 0\nr4 = 0\n" + call("bpf_list_push_back_impl");
const std::string kPop = "r1 = r6\nr1 += 16\n" + call("bpf_list_pop_front");
const std::string kAdd =
    "r1 = r6\nr1 += 32\nr2 = r7\nr2 += 32\nr3 = subprog[less]\nr4 = 0\nr5 = 0\n" + call("bpf_rbtree_add_impl");
const std::string kThrow = "r1 = 77\n" + call("bpf_throw");
const std::string kEnd = drop("r7") + drop("r8") + "r0 = 0\nexit\n";
const std::string kBodies = "less: r0 = 0\nexit\nthrows: r1 = 3\n" + call("bpf_throw") + "r0 = 0\nexit\n";

struct Case {
  const char* name;
  std::string text;  ///< After kBegin, before kEnd.
  const char* words;
};

const Case kStopped[] = {
    {"an object at the end", make(kPlainStruct, "r9"), "Unreleased reference alloc_insn="},
    {"a second reference at the end", "r1 = r7\nr2 = 0\n" + call("bpf_refcount_acquire_impl"),
     "would lead to reference leak"},
    {"an object given back twice", drop("r8") + drop("r8"), "arg#0 expected pointer to allocated object"},
    {"a part of an object given back", "r1 = r7\nr1 += 8\nr2 = 0\n" + call("bpf_obj_drop_impl"),
     "arg#0 expected pointer to allocated object"},
    {"a load of a node", "r0 = *(u64 *)(r7 +8)", "bpf_list_node cannot be accessed directly by load/store"},
    {"a store to a node", "*(u64 *)(r7 +40) = 1", "bpf_rb_node cannot be accessed directly by load/store"},
    {"a store to a pointer", "*(u64 *)(r7 +64) = 1", "kptr cannot be accessed directly by load/store"},
    {"a load past the end", "r0 = *(u64 *)(r8 +16)", "reads 8 bytes"},
    {"a list without its lock", kPush, "bpf_spin_lock at off=0 must be held for bpf_list_head"},
    {"a tree without its lock", kAdd, "bpf_spin_lock at off=0 must be held for bpf_rb_root"},
    {"a list where a tree is", kLock + "r1 = r6\nr1 += 32\n" + call("bpf_list_pop_front"),
     "doesn't point to 'struct bpf_list_head'"},
    {"a list on the stack", kLock + "r1 = r10\nr1 += -16\n" + call("bpf_list_pop_front"), "which is no bpf_list_head"},
    {"a node that is a list's", kLock + kPush + kPush, "arg#1 expected pointer to allocated object"},
    {"a node of an object without",
     kLock + "r1 = r6\nr1 += 16\nr2 = r8\nr3 = 0\nr4 = 0\n" + call("bpf_list_push_back_impl"),
     "has no valid bpf_list_node"},
    {"one without a count shared", "r1 = r8\nr2 = 0\n" + call("bpf_refcount_acquire_impl"),
     "doesn't point to a type with bpf_refcount field"},
    {"a pointer of nobody's", "r1 = r6\nr1 += 8\nr2 = r10\ncall bpf_kptr_xchg", "expected pointer to allocated object"},
    {"a throw with a lock", kLock + kThrow, "bpf_throw cannot be used inside bpf_spin_lock-ed region"},
    {"a throw with an object", kThrow, "bpf_throw would lead to reference leak"},
    {"a throw from a callback", "r1 = 1\nr2 = subprog[throws]\nr3 = 0\nr4 = 0\ncall bpf_loop",
     "cannot be called from callback subprog"},
};

class OwnedStops : public testing::TestWithParam<Case> {};

TEST_P(OwnedStops, SaysWhyAndLeavesNothing) {
  Rig rig;
  rig.run(kBegin + GetParam().text + "\n" + kEnd + kBodies);
  EXPECT_TRUE(rig.last.faulted);
  ASSERT_EQ(rig.ear.faults.size(), 1u);
  EXPECT_NE(rig.ear.faults[0].message.find(GetParam().words), std::string::npos) << rig.ear.faults[0].message;
  rig.maps.clear();
  EXPECT_EQ(rig.objects.count(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Cases, OwnedStops, testing::ValuesIn(kStopped), case_name);

TEST(Owned, AProgramThatIsStoppedGivesItsObjectsBack) {
  Rig rig;
  rig.run(kBegin + "r0 = *(u64 *)(r6 +4096)\n" + kEnd + kBodies);
  EXPECT_TRUE(rig.last.faulted);
  EXPECT_EQ(rig.objects.count(), 0u);
}

TEST(Owned, WhatAListHoldsStaysAfterTheRun) {
  Rig rig;
  EXPECT_EQ(
      rig.run(kBegin + drop("r8") + "*(u64 *)(r7 +80) = 41\n" + kLock + kPush + kUnlock + "r0 = 1\nexit\n" + kBodies),
      1);
  EXPECT_EQ(rig.objects.count(), 1u);
  EXPECT_EQ(rig.run(kBegin + kLock + kPop + "r9 = r0\n" + kUnlock +
                    "r9 += -8\nr1 = *(u64 *)(r9 +80)\n*(u64 *)(r10 -16) = r1\n" + drop("r9") + drop("r7") + drop("r8") +
                    "r0 = *(u64 *)(r10 -16)\nexit\n" + kBodies),
            41)
      << (rig.ear.faults.empty() ? "" : rig.ear.faults[0].message);
  EXPECT_EQ(rig.objects.count(), 0u);
}

TEST(Owned, ANodeOfATreeMayBeReadWhileItIsThere) {
  Rig rig;
  EXPECT_EQ(
      rig.run(kBegin + drop("r8") + "*(u64 *)(r7 +80) = 9\n" + kLock + kAdd + "r1 = r6\nr1 += 32\n" +
              call("bpf_rbtree_first") + "r9 = r0\nr9 += -32\n" + kUnlock + "r0 = *(u64 *)(r9 +80)\nexit\n" + kBodies),
      9)
      << (rig.ear.faults.empty() ? "" : rig.ear.faults[0].message);
  rig.maps.clear();
  EXPECT_EQ(rig.objects.count(), 0u);
}

TEST(Owned, WithoutObjectsThereIsNoRoomForOne) {
  Rig rig;
  rig.services.objects = nullptr;
  EXPECT_EQ(rig.run("r1 = 6\nr2 = 0\n" + call("bpf_obj_new_impl") + "r0 += 1\nexit\n"), 1);
}

TEST(Owned, AStructThatTheProgramDoesNotKnowIsNotMade) {
  Rig rig;
  EXPECT_EQ(rig.run("r1 = 99\nr2 = 0\n" + call("bpf_obj_new_impl") + "r0 += 1\nexit\n"), 1);
}

// ---- Exceptions

TEST(Throw, LeavesEveryFrame) {
  Rig rig;
  EXPECT_EQ(rig.run("call one\nr0 = 5\nexit\none: call throws\nr0 = 6\nexit\n" + kBodies), 3);
  EXPECT_FALSE(rig.last.faulted);
}

TEST(Throw, CallsTheCallbackInTheFirstFrame) {
  Rig rig;
  rig.callback = 8;
  EXPECT_EQ(rig.run("*(u64 *)(r10 -8) = 5\ncall throws\nexit\nthrows: r1 = 3\ncall deep\nexit\ndeep: " +
                    call("bpf_throw") + "exit\nhandle: *(u64 *)(r10 -512) = 1\nr0 = r1\nr0 *= 10\nexit\n"),
            30)
      << (rig.ear.faults.empty() ? "" : rig.ear.faults[0].message);
}

TEST(Throw, ThatThrowsAgainEnds) {
  Rig rig;
  rig.callback = 2;
  rig.limits.backward_jumps = 1000;
  rig.run("r1 = 1\n" + call("bpf_throw") + "handle: " + call("bpf_throw") + "exit\n");
  EXPECT_TRUE(rig.last.faulted);
  ASSERT_EQ(rig.ear.faults.size(), 1u);
  EXPECT_NE(rig.ear.faults[0].message.find("past the limit"), std::string::npos) << rig.ear.faults[0].message;
}

}  // namespace
}  // namespace saya::interp
