// What a replayed capture says about its frames.
#include "port/pcap.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>

#include "base/bytes.h"

namespace saya::port {
namespace {

TEST(Replay, counts_the_frames_that_were_cut) {
  const std::string header = "d4c3b2a1020004000000000000000000ffff000001000000";
  const std::string cut = "0500000000000000040000003c000000deadbeef",
                    whole = "060000000000000004000000040000000badcafe";
  const std::string path = testing::TempDir() + "saya-replay-test.pcap";
  const auto bytes = *from_hex(header + cut + whole);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));

  const auto pool = Pool::create(4);
  ASSERT_TRUE(pool);
  VirtualClock clock;
  clock.advance_to(10'000'000'000);
  const auto queue = replay(std::array{path}, {**pool, clock});
  ASSERT_TRUE(queue) << queue.error().message;
  EXPECT_EQ((*queue)->cut_frames(), 0u);
  std::array<PacketPtr, 4> packets;
  EXPECT_EQ((*queue)->receive(packets), 2u);
  EXPECT_EQ((*queue)->cut_frames(), 1u);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace saya::port
