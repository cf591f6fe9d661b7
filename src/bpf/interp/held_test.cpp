// What a program holds: the fields of map values, locks, references, dynptrs, timers. Which words stop a checked
// program, and what becomes of the things themselves. The kernel's words were measured with Linux 6.18.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <thread>

#include "abi/map_timers.h"
#include "helper/table.h"
#include "interp/interp.h"
#include "map/ringbuf.h"
#include "packet/pool.h"
#include "support/case_name.h"
#include "support/ear.h"

namespace saya::interp {
namespace {

using program::Type;
using tests::case_name;

enum : uint32_t { kLocked, kLater, kPlain, kRing, kOtherLater };

/// A worker with maps of every kind of field, and programs from text over them.
class Rig {
 public:
  Rig() {
    const MapField lock{MapField::Kind::spin_lock, 0, 4}, timer{MapField::Kind::timer, 8, 16};
    const MapSpec specs[] = {
        {.name = "locked", .type = 2, .key_size = 4, .value_size = 16, .max_entries = 2, .fields = {lock}},
        {.name = "later", .type = 2, .key_size = 4, .value_size = 32, .max_entries = 2, .fields = {timer}},
        {.name = "plain", .type = 2, .key_size = 4, .value_size = 64, .max_entries = 2},
        {.name = "ring", .type = 27, .key_size = 0, .value_size = 0, .max_entries = 4096},
        {.name = "other", .type = 2, .key_size = 4, .value_size = 32, .max_entries = 2, .fields = {timer}},
    };
    for (const MapSpec& spec : specs) maps.push_back(create_map(spec, {}).value());
    packet = pool->allocate(std::array<std::byte, 64>{});
  }

  abi::ExecutablePtr build(const std::string& text) const {
    const auto code = isa::assemble(text, {helper::name_of});
    EXPECT_TRUE(code) << (code ? "" : code.error().message);
    auto program = std::make_shared<program::Program>(
        *program::from_code("test", code ? *code : std::vector<isa::RawInsn>{}, Type::xdp));
    program->maps = maps;
    program->gpl_compatible = true;
    auto executable = run_checked(std::move(program), helper::table());
    EXPECT_TRUE(executable) << (executable ? "" : executable.error().message);
    return executable ? *executable : nullptr;
  }

  uint64_t run(const abi::Executable& program) {
    last = {.packet = packet.get(), .services = &services};
    uint64_t r0 = 0;
    program.run({&last, 1}, {&r0, 1});
    return r0;
  }
  int64_t run(const std::string& text) { return static_cast<int64_t>(run(*build(text))); }

  std::byte* value(uint32_t map, uint32_t index = 0) {
    std::array<std::byte, 4> key;
    std::memcpy(key.data(), &index, sizeof index);
    return maps[map]->lookup(key.data(), 0);
  }

  std::unique_ptr<Pool> pool = Pool::create(8).value();
  std::vector<MapPtr> maps;
  PacketPtr packet;
  VirtualClock clock{1000};
  abi::Random random{1};
  abi::MapTimers timers;
  tests::Ear ear;
  abi::Services services{.clock = &clock, .random = &random, .timers = &timers, .listener = &ear};
  abi::Run last;
};

/// Leaves the first value of a map in `to`.
std::string lookup(uint32_t map, const char* to, uint32_t index = 0) {
  return fmt::format("*(u32 *)(r10 -4) = {}\nr1 = map[idx:{}]\nr2 = r10\nr2 += -4\ncall bpf_map_lookup_elem\n{} = r0\n",
                     index, map, to);
}
const std::string kLookups = lookup(kLocked, "r6") + lookup(kLater, "r7") + lookup(kPlain, "r8");
const std::string kExit = "\nr0 = 0\nexit\nbody: r0 = 0\nexit\n";
const std::string kView = "r1 = r8\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -32\ncall bpf_dynptr_from_mem\n";
const std::string kRead = "r1 = r10\nr1 += -48\nr2 = 8\nr3 = r10\nr3 += -32\nr4 = 0\nr5 = 0\ncall bpf_dynptr_read\n";

struct Case {
  const char* name;
  std::string text;  ///< After the lookups: r6 locked, r7 later, r8 plain.
  const char* words;
};

const Case kStopped[] = {
    {"a load of a lock", "r0 = *(u32 *)(r6 +0)", "bpf_spin_lock cannot be accessed directly by load/store"},
    {"a store to a lock", "*(u32 *)(r6 +0) = 1", "bpf_spin_lock cannot be accessed directly by load/store"},
    {"a load into a lock", "r0 = *(u64 *)(r7 +4)", "bpf_timer cannot be accessed directly by load/store"},
    {"an atomic on a timer", "r1 = 1\nlock *(u64 *)(r7 +8) += r1", "bpf_timer cannot be accessed directly"},
    {"a helper over a lock", "r1 = r6\nr2 = 16\nr3 = r8\ncall bpf_probe_read_kernel",
     "bpf_spin_lock cannot be accessed directly"},
    {"a lock in a map without one", "r1 = r8\ncall bpf_spin_lock", "map 'plain' has no valid bpf_spin_lock"},
    {"a lock that is elsewhere", "r1 = r6\nr1 += 8\ncall bpf_spin_lock",
     "off 8 doesn't point to 'struct bpf_spin_lock' that is at 0"},
    {"a lock on the stack", "r1 = r10\nr1 += -8\ncall bpf_spin_lock", "which is no bpf_spin_lock of a map value"},
    {"two locks", "r1 = r6\ncall bpf_spin_lock\nr1 = r6\ncall bpf_spin_lock",
     "function calls are not allowed while holding a lock"},
    {"a call while locked", "r1 = r6\ncall bpf_spin_lock\ncall bpf_ktime_get_ns",
     "function calls are not allowed while holding a lock"},
    {"an unlock without a lock", "r1 = r6\ncall bpf_spin_unlock", "bpf_spin_unlock without taking a lock"},
    {"an unlock of another", lookup(kLocked, "r9", 1) + "r1 = r6\ncall bpf_spin_lock\nr1 = r9\ncall bpf_spin_unlock",
     "bpf_spin_unlock of different lock"},
    {"a lock at the end", "r1 = r6\ncall bpf_spin_lock",
     "BPF_EXIT instruction in main prog cannot be used inside bpf_spin_lock-ed region"},
    {"a timer in a map without one", "r1 = r8\nr2 = map[idx:2]\nr3 = 1\ncall bpf_timer_init",
     "map 'plain' has no valid bpf_timer"},
    {"a timer of another map", "r1 = r7\nr1 += 8\nr2 = map[idx:4]\nr3 = 1\ncall bpf_timer_init",
     "doesn't match the map of the field"},
    {"a timer that is elsewhere", "r1 = r7\nr2 = map[idx:1]\nr3 = 1\ncall bpf_timer_init",
     "off 0 doesn't point to 'struct bpf_timer' that is at 8"},
    {"a record at the end", "r1 = map[idx:3]\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve",
     "would lead to reference leak"},
    {"a record of a dynptr at the end",
     "r1 = map[idx:3]\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -32\ncall bpf_ringbuf_reserve_dynptr", "Unreleased reference alloc_insn="},
    {"a dynptr over the stack", "r1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -32\ncall bpf_dynptr_from_mem",
     "Unsupported reg type"},
    {"a dynptr in a map", "r1 = r8\nr2 = 8\nr3 = 0\nr4 = r8\nr4 += 16\ncall bpf_dynptr_from_mem",
     "no place of the stack for a dynptr"},
    {"a dynptr that nobody made", kRead, "Expected an initialized dynptr as arg #2"},
    {"a dynptr that was written to", kView + "*(u64 *)(r10 -32) = 4096\n" + kRead,
     "Expected an initialized dynptr as arg #2"},
    {"a dynptr that was made up",
     "*(u64 *)(r10 -32) = 4096\nr1 = 0x0100000800000000 ll\n*(u64 *)(r10 -24) = r1\n" + kRead,
     "Expected an initialized dynptr as arg #2"},
    {"a copy of a dynptr",
     "r1 = r8\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -64\ncall bpf_dynptr_from_mem\nr1 = *(u64 *)(r10 -64)\n"
     "*(u64 *)(r10 -32) = r1\nr1 = *(u64 *)(r10 -56)\n*(u64 *)(r10 -24) = r1\n" +
         kRead, "Expected an initialized dynptr as arg #2"},
    {"bytes of a record that was given back",
     "r1 = map[idx:3]\nr2 = 8\nr3 = 0\nr4 = r10\nr4 += -32\ncall bpf_ringbuf_reserve_dynptr\n"
     "r1 = r10\nr1 += -32\nr2 = 0\nr3 = 8\ncall bpf_dynptr_data\nr9 = r0\n"
     "r1 = r10\nr1 += -32\nr2 = 0\ncall bpf_ringbuf_discard_dynptr\n*(u64 *)(r9 +0) = 1", "writes 8 bytes"},
    {"a text that may change", "r1 = r8\nr2 = 8\nr3 = r8\ncall bpf_strncmp", "does not point to a readonly map"},
    {"a task that nobody gave", "r1 = r8\nr2 = r8\nr3 = 8\nr4 = 0\ncall bpf_get_task_stack",
     "which is no object of the kernel"},
};

class HeldStops : public testing::TestWithParam<Case> {};

TEST_P(HeldStops, SaysWhy) {
  Rig rig;
  rig.run(kLookups + GetParam().text + kExit);
  EXPECT_TRUE(rig.last.faulted);
  ASSERT_EQ(rig.ear.faults.size(), 1u);
  EXPECT_NE(rig.ear.faults[0].message.find(GetParam().words), std::string::npos) << rig.ear.faults[0].message;
}

INSTANTIATE_TEST_SUITE_P(Cases, HeldStops, testing::ValuesIn(kStopped), case_name);

TEST(Held, AStoppedProgramGivesItsLockBack) {
  Rig rig;
  rig.run(kLookups + "r1 = r6\ncall bpf_spin_lock\nr0 = *(u64 *)(r6 +4096)" + kExit);
  EXPECT_TRUE(rig.last.faulted);
  EXPECT_EQ(load<uint32_t>(rig.value(kLocked)), 0u);
}

TEST(Held, AStoppedProgramGivesItsRecordBack) {
  Rig rig;
  rig.run("r1 = map[idx:3]\nr2 = 8\nr3 = 0\ncall bpf_ringbuf_reserve\nr0 = *(u64 *)(r0 +4096)" + kExit);
  EXPECT_TRUE(rig.last.faulted);
  size_t seen = 0;
  EXPECT_EQ(static_cast<RingBuffer&>(*rig.maps[kRing]).drain([&](std::span<const std::byte>) { ++seen; }).value(), 0u);
  EXPECT_EQ(static_cast<RingBuffer&>(*rig.maps[kRing]).available(), 0u) << "a discarded record is skipped";
}

TEST(Held, ALockThatNobodyGivesBackStopsWhoWaits) {
  Rig rig;
  store(rig.value(kLocked), uint32_t{1});
  rig.run(kLookups + "r1 = r6\ncall bpf_spin_lock" + kExit);
  EXPECT_TRUE(rig.last.faulted);
  ASSERT_EQ(rig.ear.faults.size(), 1u);
  EXPECT_NE(rig.ear.faults[0].message.find("nobody gives the lock"), std::string::npos);
  EXPECT_EQ(load<uint32_t>(rig.value(kLocked)), 1u) << "it is not ours";
}

TEST(Held, LocksKeepWorkersApart) {
  constexpr int kRuns = 5000, kWorkers = 4;
  Rig rig;
  const abi::ExecutablePtr program =
      rig.build(kLookups +
                "r1 = r6\ncall bpf_spin_lock\nr1 = *(u64 *)(r6 +8)\nr1 += 1\n*(u64 *)(r6 +8) = r1\n"
                "r1 = r6\ncall bpf_spin_unlock" +
                kExit);
  std::vector<std::jthread> workers;
  for (uint32_t cpu = 0; cpu < kWorkers; ++cpu)
    workers.emplace_back([&, cpu] {
      abi::Services services = rig.services;
      services.cpu = cpu;
      for (int i = 0; i < kRuns; ++i) {
        abi::Run run{.packet = rig.packet.get(), .services = &services};
        uint64_t r0 = 0;
        program->run({&run, 1}, {&r0, 1});
      }
    });
  workers.clear();
  EXPECT_EQ(load<uint64_t>(rig.value(kLocked) + 8), uint64_t{kRuns} * kWorkers);
}

// ---- Timers

/// Makes the timer of `later`, at index 1, and arms it 50 ns from now. The rest is the callback's body.
std::string armed(const std::string& callback) {
  return lookup(kLater, "r7", 1) +
         "r1 = r7\nr1 += 8\nr2 = map[idx:1]\nr3 = 1\ncall bpf_timer_init\n"
         "r1 = r7\nr1 += 8\nr2 = subprog[body]\ncall bpf_timer_set_callback\n"
         "r1 = r7\nr1 += 8\nr2 = 50\nr3 = 0\ncall bpf_timer_start\nexit\nbody: " +
         callback + "\nr0 = 0\nexit\n";
}

TEST(Timers, CallTheirFunctionWithMapKeyAndValue) {
  Rig rig;
  EXPECT_EQ(rig.run(armed("r4 = map[idx:1]\nif r1 != r4 goto end\nr2 = *(u32 *)(r2 +0)\n*(u32 *)(r3 +0) = r2\n"
                          "*(u32 *)(r3 +4) = 77\nend: r0 = 0")),
            0);
  EXPECT_EQ(rig.timers.next_deadline(), 1050);
  EXPECT_EQ(rig.timers.fire(1049, rig.services), 0u);
  EXPECT_EQ(rig.timers.fire(1050, rig.services), 1u);
  EXPECT_TRUE(rig.ear.faults.empty()) << rig.ear.faults[0].message;
  EXPECT_EQ(load<uint32_t>(rig.value(kLater, 1)), 1u);
  EXPECT_EQ(load<uint32_t>(rig.value(kLater, 1) + 4), 77u);
  EXPECT_FALSE(rig.timers.next_deadline());
}

TEST(Timers, MayArmThemselvesAgain) {
  Rig rig;
  rig.run(
      armed("r4 = *(u32 *)(r3 +0)\nr4 += 1\n*(u32 *)(r3 +0) = r4\nr1 = r3\nr1 += 8\nr2 = 100\nr3 = 0\n"
            "call bpf_timer_start"));
  for (int i = 0; i < 3; ++i) {
    const Nanoseconds due = rig.timers.next_deadline().value();
    rig.clock.advance_to(due);
    EXPECT_EQ(rig.timers.fire(due, rig.services), 1u);
  }
  EXPECT_EQ(load<uint32_t>(rig.value(kLater, 1)), 3u);
  EXPECT_EQ(rig.timers.next_deadline(), 1350);
}

TEST(Timers, CannotCancelThemselves) {
  Rig rig;
  rig.run(armed("r6 = r3\nr1 = r3\nr1 += 8\ncall bpf_timer_cancel\n*(u32 *)(r6 +0) = r0"));
  rig.timers.fire(1050, rig.services);
  EXPECT_EQ(load<int32_t>(rig.value(kLater, 1)), -EDEADLK);
}

TEST(Timers, AreGoneWithTheBytesInTheirElement) {
  Rig rig;
  rig.run(armed("*(u32 *)(r3 +0) = 1"));
  std::memset(rig.value(kLater, 1) + 8, 0, 16);
  EXPECT_EQ(rig.timers.fire(1050, rig.services), 1u);
  EXPECT_EQ(load<uint32_t>(rig.value(kLater, 1)), 0u);
}

TEST(Timers, BytesThatSomebodyMadeUpAreNoTimer) {
  Rig rig;
  rig.run(armed("r0 = 0"));
  std::memcpy(rig.value(kLater, 0) + 8, rig.value(kLater, 1) + 8, 16);
  EXPECT_EQ(rig.timers.cancel(rig.value(kLater, 0) + 8, 0), -EINVAL);
  EXPECT_EQ(rig.timers.cancel(rig.value(kLater, 1) + 8, 0), 1);
}

TEST(Timers, KeepTheirProgramUntilTheyHaveFired) {
  Rig rig;
  abi::ExecutablePtr program = rig.build(armed("*(u32 *)(r3 +0) = 5"));
  rig.run(*program);
  const std::weak_ptr<const abi::Executable> seen = program;
  program = nullptr;
  EXPECT_FALSE(seen.expired());
  EXPECT_EQ(rig.timers.fire(1050, rig.services), 1u);
  EXPECT_EQ(load<uint32_t>(rig.value(kLater, 1)), 5u);
  EXPECT_EQ(rig.timers.cancel(rig.value(kLater, 1) + 8, 0), 0);
  EXPECT_TRUE(seen.expired());
}

}  // namespace
}  // namespace saya::interp
