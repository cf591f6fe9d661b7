// Packets against a plain model: whatever is done to one, its bytes are those of a std::vector treated the same way.
#include "packet/packet.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <random>

#include "packet/pool.h"

namespace saya {
namespace {

using Bytes = std::vector<std::byte>;

Bytes frame_of(size_t size, unsigned seed) {
  Bytes frame(size);
  for (size_t i = 0; i < size; ++i) frame[i] = static_cast<std::byte>(i * 31 + seed + i / 256);
  return frame;
}

Bytes bytes_of(const Packet& packet) {
  Bytes bytes(packet.len);
  EXPECT_TRUE(copy_out(packet, 0, bytes.data(), packet.len));
  return bytes;
}

void expect_invariant(const Packet& packet) {
  ASSERT_LE(packet.head->begin, packet.data_meta);
  ASSERT_LE(packet.data_meta, packet.data);
  ASSERT_LE(packet.data, packet.data_end);
  ASSERT_LE(packet.data_end, packet.head->end);
  size_t size = packet.linear_size();
  for (size_t i = 0; i < packet.fragment_count; ++i) {
    const Fragment& fragment = packet.fragments[i];
    ASSERT_LE(fragment.buffer->begin, fragment.data);
    ASSERT_LE(fragment.data + fragment.size, fragment.buffer->end);
    size += fragment.size;
  }
  ASSERT_EQ(packet.len, size);
}

/// A packet and what its bytes should be.
struct Pair {
  PacketPtr packet;
  Bytes model;
};

class Walk {
 public:
  explicit Walk(unsigned seed) : random_(seed), pool_(std::move(*Pool::create(24))) {}

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      step();
      for (const Pair& pair : pairs_) {
        expect_invariant(*pair.packet);
        ASSERT_TRUE(bytes_of(*pair.packet) == pair.model) << "after step " << i;
      }
    }
    pairs_.clear();
    EXPECT_EQ(pool_->packets_in_use(), 0u);
    EXPECT_EQ(pool_->frames_in_use(), 0u);
  }

 private:
  int pick(int low, int high) { return std::uniform_int_distribution(low, high)(random_); }

  void step() {
    const int choice = pick(0, 9);
    if (pairs_.empty() || choice == 0) return add();
    Pair& pair = pairs_[static_cast<size_t>(pick(0, static_cast<int>(pairs_.size()) - 1))];
    Packet& packet = *pair.packet;
    switch (choice) {
      case 1: return add_clone(pair);
      case 2: return drop(pair);
      case 3: return unshare(packet);
      case 4: return pull_some(packet);
      case 5: return write_some(pair);
      case 6: return move_head(pair);
      case 7: return move_tail(pair);
      case 8: adjust_meta(packet, pick(-40, 20)); return;
      default: return reserve(packet);
    }
  }
  void add() {
    const int sizes[] = {14, 60, 1514, 3520, 3521, 9000, 65549};
    Bytes frame = frame_of(static_cast<size_t>(sizes[pick(0, 6)]), static_cast<unsigned>(pick(0, 255)));
    if (PacketPtr packet = pool_->allocate(frame)) pairs_.push_back({std::move(packet), std::move(frame)});
  }
  void add_clone(const Pair& pair) {
    PacketPtr copy = clone(*pair.packet);
    if (!copy) return;
    EXPECT_TRUE(copy->shared());
    EXPECT_TRUE(pair.packet->shared());
    Bytes model = pair.model;
    pairs_.push_back({std::move(copy), std::move(model)});
  }
  void drop(Pair& pair) {
    std::swap(pair, pairs_.back());
    pairs_.pop_back();
  }
  void unshare(Packet& packet) {
    EXPECT_EQ(unclone(packet), 0);
    EXPECT_FALSE(packet.shared());
  }
  void pull_some(Packet& packet) {
    const auto size = static_cast<uint32_t>(pick(0, static_cast<int>(packet.len)));
    ASSERT_EQ(pull(packet, size), 0);
    EXPECT_GE(packet.linear_size(), size);
    EXPECT_EQ(pull(packet, packet.len + 1), -ENOMEM);
  }
  void write_some(Pair& pair) {
    ASSERT_EQ(unclone(*pair.packet), 0);
    const auto at = static_cast<uint32_t>(pick(0, static_cast<int>(pair.model.size()) - 1));
    const auto size = static_cast<uint32_t>(pick(0, static_cast<int>(pair.model.size() - at)));
    const Bytes bytes = frame_of(size, static_cast<unsigned>(pick(0, 255)));
    ASSERT_TRUE(copy_in(*pair.packet, at, bytes.data(), size));
    std::copy(bytes.begin(), bytes.end(), pair.model.begin() + at);
    EXPECT_FALSE(copy_in(*pair.packet, at, bytes.data(), pair.packet->len - at + 1));
  }
  void move_head(Pair& pair) {
    const int delta = pick(-60, 60);
    if (adjust_head(*pair.packet, delta) != 0) return;
    if (delta >= 0) {
      pair.model.erase(pair.model.begin(), pair.model.begin() + delta);
    } else {  // What lay in the headroom is not the model's business.
      pair.model.insert(pair.model.begin(), pair.packet->data, pair.packet->data - delta);
    }
  }
  void move_tail(Pair& pair) {
    const int delta = pick(-2000, 300);
    if (adjust_tail(*pair.packet, delta) == 0) pair.model.resize(pair.model.size() + static_cast<size_t>(delta));
  }
  void reserve(Packet& packet) {
    const auto room = static_cast<uint32_t>(pick(0, 600));
    ASSERT_EQ(reserve_headroom(packet, room), 0);
    EXPECT_GE(packet.data - packet.head->begin, room);
    EXPECT_FALSE(packet.shared());
  }

  std::mt19937 random_;
  std::unique_ptr<Pool> pool_;
  std::vector<Pair> pairs_;
};

TEST(Packet, RandomStepsKeepTheInvariantAndTheBytes) {
  for (unsigned seed = 1; seed <= 20; ++seed) Walk(seed).run(300);
}

class PacketWithPool : public ::testing::Test {
 protected:
  std::unique_ptr<Pool> pool_ = std::move(*Pool::create(16));
};

TEST_F(PacketWithPool, CopiesOutsideThePacketAreRefused) {
  const PacketPtr packet = pool_->allocate(frame_of(9000, 1));
  std::byte bytes[8];
  EXPECT_TRUE(copy_out(*packet, 8992, bytes, 8));
  EXPECT_TRUE(copy_out(*packet, 9000, bytes, 0));
  EXPECT_FALSE(copy_out(*packet, 8993, bytes, 8));
  EXPECT_FALSE(copy_out(*packet, 9001, bytes, 0));
  EXPECT_FALSE(copy_out(*packet, UINT32_MAX, bytes, 8));
  EXPECT_FALSE(copy_in(*packet, UINT32_MAX - 3, bytes, 8));
}

TEST_F(PacketWithPool, ACloneKeepsItsStateAndItsBytesWhenTheOriginalIsWritten) {
  const Bytes frame = frame_of(9000, 1);
  const PacketPtr original = pool_->allocate(frame);
  original->number = 42;
  original->skb.mark = 7;
  const PacketPtr copy = clone(*original);
  EXPECT_EQ(copy->number, 42u);
  EXPECT_EQ(copy->skb.mark, 7u);
  copy->skb.mark = 8;
  ASSERT_EQ(unclone(*original), 0);
  std::fill(original->data, original->data_end, std::byte{0});
  std::fill_n(original->fragments[1].data, original->fragments[1].size, std::byte{0});
  EXPECT_EQ(bytes_of(*copy), frame);
  EXPECT_FALSE(copy->shared());
  EXPECT_EQ(original->skb.mark, 7u);
}

TEST_F(PacketWithPool, APulledCloneStillSharesTheFragmentsItDidNotPull) {
  const PacketPtr original = pool_->allocate(frame_of(12000, 1));
  const PacketPtr copy = clone(*original);
  ASSERT_EQ(pull(*copy, 5000), 0);
  EXPECT_TRUE(copy->shared());
  EXPECT_TRUE(original->shared());
  ASSERT_EQ(unclone(*copy), 0);
  EXPECT_FALSE(original->shared());
}

TEST_F(PacketWithPool, XdpStepsOnACloneLeaveTheOriginalAlone) {
  const Bytes frame = frame_of(100, 1);
  const PacketPtr original = pool_->allocate(frame);
  const PacketPtr copy = clone(*original);
  ASSERT_EQ(adjust_tail(*copy, -50), 0);
  ASSERT_EQ(adjust_tail(*copy, 50), 0);
  EXPECT_EQ(bytes_of(*original), frame);
  EXPECT_NE(bytes_of(*copy), frame);
}

TEST_F(PacketWithPool, TheHeadroomKeepsWhatWasCutOffAcrossAnUnclone) {
  const PacketPtr original = pool_->allocate(frame_of(100, 1));
  ASSERT_EQ(adjust_head(*original, 20), 0);
  const PacketPtr copy = clone(*original);
  ASSERT_EQ(adjust_head(*copy, -20), 0);
  EXPECT_EQ(bytes_of(*copy), frame_of(100, 1));
}

TEST_F(PacketWithPool, TheChecksumStartStaysWithItsByteWhenTheHeadMoves) {
  const PacketPtr packet = pool_->allocate(frame_of(100, 1));
  packet->checksum = Checksum::partial;
  packet->checksum_start = 34;
  ASSERT_EQ(adjust_head(*packet, -4), 0);
  EXPECT_EQ(packet->checksum_start, 38);
  ASSERT_EQ(adjust_head(*packet, 30), 0);
  EXPECT_EQ(packet->checksum_start, 8);
  ASSERT_EQ(adjust_head(*packet, 9), 0);
  EXPECT_EQ(packet->checksum, Checksum::none);
}

TEST_F(PacketWithPool, AnExhaustedPoolStillUnclonesFromTheHeap) {
  std::vector<PacketPtr> packets;
  const PacketPtr original = pool_->allocate(frame_of(64, 1));
  const PacketPtr copy = clone(*original);
  while (PacketPtr packet = pool_->allocate()) packets.push_back(std::move(packet));
  Buffer* last = pool_->take_buffer(1);
  ASSERT_EQ(pool_->frames_in_use(), 16u);
  ASSERT_EQ(unclone(*copy), 0);
  EXPECT_EQ(bytes_of(*copy), frame_of(64, 1));
  EXPECT_EQ(copy->headroom(), kHeadroom);
  EXPECT_EQ(copy->tailroom(), original->tailroom());
  Pool::release(last);
}

}  // namespace
}  // namespace saya
