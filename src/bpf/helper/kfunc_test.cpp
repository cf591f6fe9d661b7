// What the kernel's test run cannot show of kernel functions: dynptrs of packets in fragments, of clones, and those
// that are only for reading; locks that another worker holds. The rest is compared with the kernel in tests/parity/.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/bytes.h"
#include "helper/errno.h"
#include "helper/kfunc_dynptr.h"
#include "helper/kfunc_lock.h"
#include "helper/kfunc_xdp.h"
#include "packet/pool.h"

namespace saya::helper {
namespace {

constexpr uint32_t kLong = 9000;  ///< Longer than a pool frame: the rest lies in fragments.

constexpr std::byte pattern(size_t i) { return static_cast<std::byte>(i * 7 & 0xff); }

/// Remembers what it was told.
class Book final : public abi::Grants {
 public:
  struct Entry {
    Kind kind;
    const void* begin;
    size_t bytes;
    bool writable;
  };
  void grant(Kind kind, const void* begin, size_t bytes, bool writable) noexcept override {
    entries.push_back({kind, begin, bytes, writable});
  }
  void revoke(const void*) noexcept override {}
  std::vector<Entry> entries;
};

class Views : public testing::Test {
 protected:
  Views() {
    std::array<std::byte, kLong> frame;
    for (size_t i = 0; i < frame.size(); ++i) frame[i] = pattern(i);
    packet = pool->allocate(frame);
    linear = static_cast<uint32_t>(packet->linear_size());
  }

  std::unique_ptr<Pool> pool = Pool::create(16).value();
  PacketPtr packet;
  uint32_t linear = 0;
  Book book;
  abi::Run run{.grants = &book};
  Dynptr view{};
  std::array<std::byte, 64> buffer{};
};

std::byte* pointer(uint64_t value) { return reinterpret_cast<std::byte*>(value); }

TEST_F(Views, OfAFrameLeadIntoItsFragments) {
  ASSERT_EQ(bpf_dynptr_from_xdp(run, packet.get(), 0, &view), 0u);
  EXPECT_EQ(bpf_dynptr_size(run, &view), kLong);
  std::byte* const bytes = pointer(bpf_dynptr_slice_rdwr(run, &view, linear + 10, nullptr, 64));
  ASSERT_EQ(bytes, packet->fragments[0].data + 10);
  ASSERT_EQ(book.entries.size(), 1u) << "the interpreter must let the program touch it";
  EXPECT_EQ(book.entries[0].begin, bytes);
  EXPECT_EQ(book.entries[0].kind, abi::Grants::Kind::packet);
  EXPECT_TRUE(book.entries[0].writable);
}

TEST_F(Views, OfAFrameCopyWhatLiesApart) {
  bpf_dynptr_from_xdp(run, packet.get(), 0, &view);
  EXPECT_EQ(bpf_dynptr_slice(run, &view, linear - 8, nullptr, 64), 0u);
  EXPECT_EQ(pointer(bpf_dynptr_slice(run, &view, linear - 8, buffer.data(), 64)), buffer.data());
  EXPECT_EQ(buffer[63], pattern(linear + 55));
}

TEST_F(Views, OfAPacketAtTcCopyWhatIsNotLinear) {
  bpf_dynptr_from_skb(run, packet.get(), 0, &view);
  EXPECT_EQ(bpf_dynptr_slice(run, &view, linear + 10, nullptr, 64), 0u);
  EXPECT_EQ(pointer(bpf_dynptr_slice(run, &view, linear + 10, buffer.data(), 64)), buffer.data());
  EXPECT_EQ(buffer[0], pattern(linear + 10));
}

TEST_F(Views, FillAndCopyAcrossFragments) {
  Dynptr other{};
  bpf_dynptr_from_xdp(run, packet.get(), 0, &view);
  bpf_dynptr_clone(run, &view, &other);
  EXPECT_EQ(bpf_dynptr_copy(run, &view, 0, &other, linear - 300, 600), 0u);
  EXPECT_EQ(packet->data[599], pattern(linear + 299));
  EXPECT_EQ(bpf_dynptr_memset(run, &view, linear - 300, 600, 0xee), 0u);
  EXPECT_EQ(packet->fragments[0].data[299], std::byte{0xee});
  EXPECT_EQ(packet->fragments[0].data[300], pattern(linear + 300));
}

TEST_F(Views, OfAPacketThatShrankReachNothingBesideIt) {
  bpf_dynptr_from_skb(run, packet.get(), 0, &view);
  ASSERT_EQ(adjust_tail(*packet, 100 - static_cast<int32_t>(kLong)), 0);
  EXPECT_EQ(bpf_dynptr_slice(run, &view, 90, buffer.data(), 64), 0u);
  EXPECT_EQ(read_view(view, 90, buffer.data(), 64), -EFAULT);
  EXPECT_EQ(write_view(run, view, 90, buffer.data(), 64, 0), -EFAULT);
}

TEST_F(Views, OfMetadataEndWithIt) {
  ASSERT_EQ(adjust_meta(*packet, -8), 0);
  bpf_dynptr_from_skb_meta(run, packet.get(), 0, &view);
  EXPECT_EQ(bpf_dynptr_size(run, &view), 8u);
  EXPECT_EQ(pointer(bpf_dynptr_slice_rdwr(run, &view, 4, nullptr, 4)), packet->data - 4);
  EXPECT_EQ(write_view(run, view, 0, buffer.data(), 8, 0), 0);
  ASSERT_EQ(adjust_meta(*packet, 4), 0);
  EXPECT_EQ(bpf_dynptr_slice(run, &view, 0, nullptr, 8), 0u);
  EXPECT_EQ(write_view(run, view, 0, buffer.data(), 8, 0), -EFAULT);
}

TEST_F(Views, OfAClonesMetadataAreOnlyForReading) {
  const PacketPtr other = clone(*packet);
  bpf_dynptr_from_skb_meta(run, packet.get(), 0, &view);
  EXPECT_EQ(bpf_dynptr_is_rdonly(run, &view), 1u);
}

TEST_F(Views, OfSocketFiltersAreOnlyForReading) {
  run.hook = abi::Hook::socket;
  bpf_dynptr_from_skb(run, packet.get(), 0, &view);
  EXPECT_EQ(bpf_dynptr_is_rdonly(run, &view), 1u);
  EXPECT_EQ(bpf_dynptr_memset(run, &view, 0, 1, 0), result32(-EINVAL));
  EXPECT_EQ(bpf_dynptr_slice_rdwr(run, &view, 0, nullptr, 4), 0u);
  EXPECT_EQ(write_view(run, view, 0, buffer.data(), 1, 0), -EINVAL);
  EXPECT_NE(bpf_dynptr_slice(run, &view, 0, nullptr, 4), 0u);
}

TEST_F(Views, OfFramesThatArePulledLeadToWhereTheBytesWent) {
  bpf_dynptr_from_xdp(run, packet.get(), 0, &view);
  EXPECT_EQ(bpf_xdp_pull_data(run, packet.get(), linear + 100), 0u);
  EXPECT_EQ(packet->linear_size(), linear + 100);
  EXPECT_EQ(pointer(bpf_dynptr_slice(run, &view, linear + 50, nullptr, 4)), packet->data + linear + 50);
  EXPECT_EQ(bpf_xdp_pull_data(run, packet.get(), kLong + 1), result32(-EINVAL));
}

TEST(ResilientLock, GivesUpOnAnotherWorker) {
  const abi::Services first{.cpu = 0}, second{.cpu = 1};
  abi::Run one{.services = &first}, other{.services = &second};
  uint32_t lock = 0;
  EXPECT_EQ(bpf_res_spin_lock(one, &lock), 0u);
  EXPECT_EQ(bpf_res_spin_lock(one, &lock), result32(-EDEADLK));
  EXPECT_EQ(bpf_res_spin_lock(other, &lock), result32(-ETIMEDOUT));
  bpf_res_spin_unlock(other, &lock);
  EXPECT_EQ(lock, 1u) << "not its own";
  bpf_res_spin_unlock(one, &lock);
  EXPECT_EQ(bpf_res_spin_lock(other, &lock), 0u);
}

}  // namespace
}  // namespace saya::helper
