// Which frames count as packets to be cut: tests/large_kernel_test.cpp has the kernel's for those that do.
#include "packet/large.h"

#include <gtest/gtest.h>

#include <ostream>

#include "packet/gso.h"
#include "packet/pool.h"
#include "support/case_name.h"
#include "support/gso_cases.h"

namespace saya {
namespace {

using tests::GsoCase;

/// Where the payload begins, by the transport header.
uint32_t payload_at(const GsoCase& row) {
  if (row.type == Gso::udp_l4) return row.transport + 8;
  return row.transport + (static_cast<uint32_t>(row.headers[row.transport + 12]) >> 4) * 4;
}

class Marked : public testing::TestWithParam<GsoCase> {};

TEST_P(Marked, AFrameIsCutAsItsSenderWouldHaveCutIt) {
  const GsoCase& row = GetParam();
  const auto pool = Pool::create(64).value();
  std::vector<std::byte> frame = tests::gso_frame(row);
  const std::vector<std::byte> open = frame;
  store(frame.data() + row.transport + tests::gso_checksum_offset(row), uint16_t{0x1234});  // Finished, or wrong.
  const PacketPtr packet = pool->allocate(frame);
  mark_large(*packet, payload_at(row) - row.network + row.size);
  EXPECT_EQ(packet->gso_type, row.type);
  EXPECT_EQ(packet->gso_size, row.size);
  EXPECT_EQ(packet->gso_segs, (packet->len - payload_at(row) + row.size - 1) / row.size);
  EXPECT_EQ(packet->checksum_start, row.transport);
  std::vector<std::byte> bytes(packet->len);
  copy_out(*packet, 0, bytes.data(), packet->len);
  EXPECT_EQ(bytes, open);
  EXPECT_TRUE(plan_segments(*packet));
}

INSTANTIATE_TEST_SUITE_P(Rows, Marked, testing::ValuesIn(tests::gso_cases()), tests::case_name);

struct OrdinaryCase {
  const char* name;
  size_t row;    ///< Of gso_cases().
  uint32_t mtu;  ///< The frame's length without its MAC header is 2540.
  size_t at;     ///< Which byte of the frame is another one.
  uint8_t byte;
  friend void PrintTo(const OrdinaryCase& row, std::ostream* out) { *out << row.name; }
};

constexpr size_t kTcp4 = 0, kTcp6 = 8, kTagged = 9;
constexpr OrdinaryCase kOrdinary[] = {
    {"a frame as long as the MTU",           kTcp4,   2540, 0,  2   },
    {"a tagged frame as long as the MTU",    kTagged, 2540, 0,  2   },
    {"a port without an MTU",                kTcp4,   0,    0,  2   },
    {"another protocol",                     kTcp4,   1500, 13, 6   },
    {"a fragment",                           kTcp4,   1500, 20, 0x20},
    {"another transport",                    kTcp4,   1500, 23, 1   },
    {"an IPv4 header that is too short",     kTcp4,   1500, 14, 0x44},
    {"a TCP header that is too short",       kTcp4,   1500, 46, 0x40},
    {"another version of IP",                kTcp4,   1500, 14, 0x65},
    {"IPv6 with a header that is not known", kTcp6,   1500, 20, 44  },
    {"an MTU that headers fill",             kTcp4,   40,   0,  2   },
};

class Ordinary : public testing::TestWithParam<OrdinaryCase> {};

TEST_P(Ordinary, FramesStayAsTheyAre) {
  const OrdinaryCase& row = GetParam();
  const auto pool = Pool::create(64).value();
  std::vector<std::byte> frame = tests::gso_frame(tests::gso_cases()[row.row]);
  frame[row.at] = static_cast<std::byte>(row.byte);
  const PacketPtr packet = pool->allocate(frame);
  mark_large(*packet, row.mtu);
  EXPECT_EQ(packet->gso_size, 0);
  EXPECT_EQ(packet->checksum, Checksum::none);
  std::vector<std::byte> bytes(packet->len);
  copy_out(*packet, 0, bytes.data(), packet->len);
  EXPECT_EQ(bytes, frame);
}

INSTANTIATE_TEST_SUITE_P(Rows, Ordinary, testing::ValuesIn(kOrdinary), tests::case_name);

}  // namespace
}  // namespace saya
