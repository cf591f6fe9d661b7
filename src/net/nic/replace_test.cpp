// Programs are replaced under traffic: each packet meets exactly one of the old and the new one.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "nic/datapath.h"
#include "packet/pool.h"
#include "support/case_name.h"
#include "support/fake_program.h"

namespace saya::nic {
namespace {

constexpr size_t kReplacements = 176;

/// Brings frames for as long as it is asked.
class Source final : public port::Queue {
 public:
  explicit Source(Pool& pool) : pool_(pool) {}
  size_t receive(std::span<PacketPtr> slots) noexcept override {
    std::array<std::byte, 60> frame{};
    frame[12] = std::byte{0x08};
    size_t count = 0;
    while (count < slots.size() && (slots[count] = pool_.allocate(frame))) ++count;
    return count;
  }
  size_t transmit(std::span<PacketPtr>) noexcept override { return 0; }

 private:
  Pool& pool_;
};

/// Brings nothing and takes everything.
class Sink final : public port::Queue {
 public:
  size_t receive(std::span<PacketPtr>) noexcept override { return 0; }
  size_t transmit(std::span<PacketPtr> frames) noexcept override {
    for (PacketPtr& frame : frames) frame.reset();
    return frames.size();
  }
};

struct Hook {
  const char* name;
  abi::Hook kind;
  int32_t passes;
  void (*set)(Hooks& hooks, abi::ExecutablePtr program);
};

const Hook kHooks[] = {
    {"xdp",     abi::Hook::xdp, 2, [](Hooks& hooks, abi::ExecutablePtr program) { hooks.xdp = std::move(program); }},
    {"ingress", abi::Hook::tc,  0,
     [](Hooks& hooks,                               abi::ExecutablePtr program) {
       EXPECT_TRUE(
           hooks.ingress.replace({.pref = 1, .handle = 1, .direct_action = true, .program = std::move(program)}));
     }                                                                                        },
};

class Replace : public testing::TestWithParam<Hook> {};

TEST_P(Replace, every_packet_meets_exactly_one_program) {
  const Hook& hook = GetParam();
  const auto pool = *Pool::create(256);
  const VirtualClock clock;
  abi::Random random(1);
  Nic nic;
  Port& port = nic.add_port("a", {.ifindex = 1});
  port.wire = std::make_unique<Source>(*pool);
  port.host = std::make_unique<Sink>();

  std::array<std::atomic<uint64_t>, kReplacements + 1> runs{};
  const auto attach = [&](size_t number) {
    auto hooks = std::make_unique<Hooks>(port.hooks.read());
    hook.set(*hooks, tests::fake("counts", hook.kind, [&runs, number, passes = hook.passes](abi::Run&) {
      runs[number].fetch_add(1, std::memory_order_relaxed);
      return static_cast<uint32_t>(passes);
    }));
    port.hooks.publish(std::move(hooks));
  };
  attach(0);

  std::atomic<bool> stop = false;
  uint64_t packets = 0;
  std::thread worker([&] {
    Reader reader;
    Datapath datapath(nic, {.clock = &clock, .random = &random});
    while (!stop.load(std::memory_order_relaxed)) {
      packets += datapath.poll(port);
      reader.quiescent();
    }
  });
  const auto wait_for_a_run = [&](size_t number) {
    while (runs[number].load(std::memory_order_relaxed) == 0) std::this_thread::yield();
  };
  wait_for_a_run(0);
  for (size_t next = 1; next <= kReplacements; ++next) {
    attach(next);
    const uint64_t old = runs[next - 1].load();
    wait_for_a_run(next);
    EXPECT_EQ(runs[next - 1].load(), old) << "program " << next - 1 << " ran after it was replaced";
  }
  stop = true;
  worker.join();

  uint64_t counted = 0;
  for (const auto& count : runs) counted += count;
  EXPECT_EQ(counted, packets);
  EXPECT_EQ(port.counters.delivered, packets);
}

INSTANTIATE_TEST_SUITE_P(Hooks, Replace, testing::ValuesIn(kHooks), tests::case_name);

}  // namespace
}  // namespace saya::nic
