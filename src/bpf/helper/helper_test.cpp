// What the kernel's test run cannot show: packets in fragments, clones, checksums left to the device, the services of a
// run. The rest is compared with the kernel in tests/helper_kernel_test.cpp.
#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "abi/kernel_calls.h"
#include "base/bytes.h"
#include "helper/checksum.h"
#include "helper/errno.h"
#include "helper/peek.h"
#include "helper/skb.h"
#include "helper/table.h"
#include "helper/trace.h"
#include "helper/worker.h"
#include "helper/xdp.h"
#include "packet/checksum.h"
#include "packet/pool.h"
#include "support/ear.h"

namespace saya::helper {
namespace {

constexpr uint32_t kLong = 9000;  ///< Longer than a pool frame: the rest lies in fragments.

constexpr std::byte pattern(size_t i) { return static_cast<std::byte>(i * 7 & 0xff); }

class Packets : public testing::Test {
 protected:
  Packets() {
    std::array<std::byte, kLong> frame;
    for (size_t i = 0; i < frame.size(); ++i) frame[i] = pattern(i);
    packet = pool->allocate(frame);
  }
  static std::byte byte_at(const Packet& packet, uint32_t offset) {
    std::byte value{};
    copy_out(packet, offset, &value, 1);
    return value;
  }

  std::unique_ptr<Pool> pool = Pool::create(16).value();
  PacketPtr packet;
  abi::Run run;
};

TEST_F(Packets, AreLongEnoughToHaveFragments) { ASSERT_LT(packet->linear_size(), kLong); }

TEST_F(Packets, LoadBytesAcrossFragments) {
  std::array<std::byte, 64> to;
  const auto offset = static_cast<uint32_t>(packet->linear_size()) - 32;
  EXPECT_EQ(skb_load_bytes(run, packet.get(), offset, to.data(), to.size()), 0u);
  EXPECT_EQ(to[63], pattern(offset + 63));
  EXPECT_EQ(xdp_load_bytes(run, packet.get(), kLong - 64, to.data(), to.size()), 0u);
  EXPECT_EQ(to[63], pattern(kLong - 1));
  EXPECT_EQ(xdp_load_bytes(run, packet.get(), kLong - 63, to.data(), to.size()), result(-EINVAL));
}

TEST_F(Packets, StoreBytesAcrossFragments) {
  const std::array<std::byte, 4> from{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};
  EXPECT_EQ(xdp_store_bytes(run, packet.get(), kLong - 4, from.data(), 4), 0u);
  EXPECT_EQ(byte_at(*packet, kLong - 1), std::byte{4});
  EXPECT_EQ(skb_store_bytes(run, packet.get(), 5000, from.data(), 4, 0), 0u);
  EXPECT_EQ(byte_at(*packet, 5003), std::byte{4});
  EXPECT_GE(packet->linear_size(), 5004u) << "the kernel makes linear what it writes to";
}

TEST_F(Packets, PullMakesBytesLinear) {
  EXPECT_EQ(skb_pull_data(run, packet.get(), kLong), 0u);
  EXPECT_EQ(packet->linear_size(), kLong);
  EXPECT_EQ(skb_pull_data(run, packet.get(), kLong + 1), result(-ENOMEM));
}

TEST_F(Packets, WritingLeavesClonesAlone) {
  const std::array<std::byte, 2> from{std::byte{0xaa}, std::byte{0xbb}};
  const PacketPtr other = clone(*packet);
  ASSERT_TRUE(packet->shared());
  const std::byte before = byte_at(*other, 0), tail = byte_at(*other, kLong - 1);
  EXPECT_EQ(skb_store_bytes(run, packet.get(), 0, from.data(), 2, 0), 0u);
  const PacketPtr third = clone(*other);
  EXPECT_EQ(xdp_store_bytes(run, other.get(), kLong - 2, from.data(), 2), 0u);
  EXPECT_EQ(byte_at(*packet, 0), std::byte{0xaa});
  EXPECT_EQ(byte_at(*other, 0), before);
  EXPECT_EQ(byte_at(*third, kLong - 1), tail);
}

TEST_F(Packets, ForgetTheirHashWhenAsked) {
  const std::byte from{};
  packet->skb.hash = 7;
  skb_store_bytes(run, packet.get(), 0, &from, 1, 0);
  EXPECT_EQ(packet->skb.hash, 7u);
  skb_store_bytes(run, packet.get(), 0, &from, 1, 2);
  EXPECT_EQ(packet->skb.hash, 0u);
}

/// A checksum that the device will finish covers the pseudo header alone, and is not complemented.
TEST_F(Packets, CorrectAnUnfinishedChecksumOnlyForThePseudoHeader) {
  constexpr uint64_t kPseudo = 0x10;
  packet->checksum = Checksum::partial;
  store(packet->data + 40, uint16_t{0x1000});
  EXPECT_EQ(l4_csum_replace(run, packet.get(), 40, 0x0001, 0x0003, 2), 0u);
  EXPECT_EQ(load<uint16_t>(packet->data + 40), 0x1000);
  EXPECT_EQ(l4_csum_replace(run, packet.get(), 40, 0x0001, 0x0003, kPseudo | 4), 0u);
  EXPECT_EQ(load<uint16_t>(packet->data + 40), 0x1002);
  EXPECT_EQ(l4_csum_replace(run, packet.get(), 40, 0, 0x0010, kPseudo), 0u);
  EXPECT_EQ(load<uint16_t>(packet->data + 40), 0x1012);
}

TEST(Services, AreWhatTheWorkerLends) {
  const VirtualClock clock(1'000'000'007);
  abi::Random random(3), same(3);
  const abi::Services services{.clock = &clock, .random = &random, .cpu = 5};
  abi::Run run{.services = &services};
  EXPECT_EQ(ktime_get_ns(run), 1'000'000'007u);
  EXPECT_EQ(ktime_get_boot_ns(run), 1'000'000'007u);
  EXPECT_EQ(jiffies64(run), 250u);
  EXPECT_EQ(get_smp_processor_id(run), 5u);
  EXPECT_EQ(get_prandom_u32(run), same.next() >> 32);
}

TEST(TracePrintk, TellsTheListenerALineWithoutItsNewline) {
  tests::Ear ear;
  abi::Services services{.listener = &ear};
  abi::Run run{.services = &services};
  constexpr char kFormat[] = "port %d\n";
  const auto* format = reinterpret_cast<const std::byte*>(kFormat);
  EXPECT_EQ(trace_printk(run, format, sizeof kFormat, 80, 0, 0), 8u);
  EXPECT_EQ(ear.lines, std::vector<std::string>{"port 80"});
  services.listener = nullptr;
  EXPECT_EQ(trace_printk(run, format, sizeof kFormat, 80, 0, 0), 8u);
  EXPECT_EQ(trace_printk(run, format, sizeof kFormat - 1, 80, 0, 0), result(-EINVAL));
}

TEST(Peek, StopsWhereMemoryEnds) {
  std::array<char, 16> to{};
  EXPECT_EQ(peek(8, to), 0u);
  EXPECT_EQ(peek(UINT64_MAX - 4, to), 0u);
  constexpr char kText[] = "0123456789abcdef";
  EXPECT_EQ(peek(reinterpret_cast<uint64_t>(kText), to), 16u);
  EXPECT_EQ(std::memcmp(to.data(), kText, to.size()), 0);
}

TEST(Table, NamesEveryHelper) {
  for (const abi::HelperSpec& row : table()) {
    EXPECT_EQ(name_of(row.id), row.name);
    EXPECT_FALSE(row.doc.empty()) << row.name;
    const abi::KernelHelper* kernel = abi::find_kernel_helper(row.id);
    const abi::KernelFunction* function = abi::find_kernel_function(row.name);
    const uint32_t callers = kernel ? kernel->callers : function ? function->callers : abi::kByNone;
    EXPECT_TRUE(callers) << row.name << " can be called nowhere";
  }
  EXPECT_EQ(name_of(12), "tail_call");
  EXPECT_EQ(name_of(4), "");
}

}  // namespace
}  // namespace saya::helper
