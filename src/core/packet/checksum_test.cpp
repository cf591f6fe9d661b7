// Sums against the definition, one 16-bit word at a time.
#include "packet/checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "base/bytes.h"

namespace saya {
namespace {

std::vector<std::byte> bytes_of(std::string_view hex) { return *from_hex(hex); }

uint16_t plain_sum(std::span<const std::byte> bytes) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bytes.size(); ++i) sum += static_cast<uint64_t>(bytes[i]) << (i % 2 * 8);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(sum);
}

TEST(Checksum, AnIpv4HeaderThatIsCorrectSumsToAllOnes) {
  const auto header = bytes_of("45000073000040004011b861c0a80001c0a800c7");
  EXPECT_EQ(checksum_fold(checksum_add(header)), 0xffff);
  auto blank = header;
  blank[10] = blank[11] = std::byte{0};
  const auto check = static_cast<uint16_t>(~checksum_fold(checksum_add(blank)));
  EXPECT_EQ(check, load<uint16_t>(&header[10]));
}

TEST(Checksum, EveryLengthAndSplitSumsAsTheDefinitionSays) {
  std::mt19937 random(1);
  std::vector<std::byte> bytes(200);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const std::span<const std::byte> all(bytes.data(), size);
    EXPECT_EQ(checksum_fold(checksum_add(all)), plain_sum(all)) << size;
    const size_t half = size / 4 * 2;
    const uint32_t first = checksum_add(all.first(half));
    EXPECT_EQ(checksum_fold(checksum_add(all.subspan(half), first)), plain_sum(all)) << size;
    EXPECT_EQ(checksum_fold(checksum_combine(first, checksum_add(all.subspan(half)))), plain_sum(all)) << size;
  }
}

TEST(Checksum, ZeroStaysZeroAndOnesStayOnes) {
  EXPECT_EQ(checksum_fold(checksum_add(bytes_of("00000000"))), 0);
  EXPECT_EQ(checksum_fold(checksum_add(bytes_of("ffffffffffff"))), 0xffff);
  EXPECT_EQ(checksum_fold(0xffffffff), 0xffff);
}

TEST(Checksum, ReplacingBytesGivesTheSumOfTheNewOnes) {
  std::mt19937 random(2);
  std::vector<std::byte> bytes(40);
  for (int round = 0; round < 1000; ++round) {
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
    const auto before = static_cast<uint16_t>(~plain_sum(bytes));
    const size_t at = random() % 18 * 2;
    const uint32_t from = checksum_add(std::span(bytes).subspan(at, 4));
    store(&bytes[at], static_cast<uint32_t>(random()));
    const uint16_t after = checksum_replace(before, from, checksum_add(std::span(bytes).subspan(at, 4)));
    EXPECT_EQ(after, static_cast<uint16_t>(~plain_sum(bytes)));
  }
}

}  // namespace
}  // namespace saya
