// What the kernel's test run cannot show of events: packets in fragments. The rest is in tests/events_kernel_test.cpp.
#include "helper/perf.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "helper/errno.h"
#include "map/perf_event_array.h"
#include "packet/pool.h"

namespace saya::helper {
namespace {

TEST(PerfEventOutput, AppendsPacketBytesFromFragments) {
  const std::unique_ptr<Pool> pool = Pool::create(4).value();
  std::vector<std::byte> frame(9000);
  for (size_t i = 0; i < frame.size(); ++i) frame[i] = static_cast<std::byte>(i * 7);
  const PacketPtr packet = pool->allocate(frame);
  ASSERT_LT(packet->linear_size(), frame.size());
  const MapPtr map =
      create_map({.name = "events", .type = 4, .key_size = 4, .value_size = 4, .max_entries = 2}, {.nr_cpus = 2})
          .value();
  const auto ring = static_cast<PerfEventArray&>(*map).open(1, 1, 1 << 15).value();
  const abi::Services services{.cpu = 1};
  abi::Run run{.packet = packet.get(), .services = &services};
  const std::vector<std::byte> data(5, std::byte{9});
  constexpr uint64_t kThisCpu = 0xffffffff;
  const auto output = [&](uint64_t flags, uint64_t bytes) {
    return perf_event_output(run, packet.get(), map.get(), flags | bytes << 32, data.data(), data.size());
  };
  EXPECT_EQ(output(kThisCpu, 9000), 0u);
  EXPECT_EQ(output(kThisCpu, 9001), result(-EFAULT));
  EXPECT_EQ(output(0, 9000), result(-ENOENT));
  std::vector<std::byte> seen;
  ASSERT_TRUE(ring->drain([&](const PerfRecord& record) { seen.assign(record.data.begin(), record.data.end()); }));
  ASSERT_EQ(seen.size(), 9012u);  // With its size, a multiple of 8.
  EXPECT_TRUE(std::equal(data.begin(), data.end(), seen.begin()));
  EXPECT_TRUE(std::equal(frame.begin(), frame.end(), seen.begin() + 5));
}

}  // namespace
}  // namespace saya::helper
