// The test vectors of the reference implementation.
#include "helper/siphash.h"

#include <gtest/gtest.h>

namespace saya::helper {
namespace {

TEST(SipHash, agrees_with_the_reference_vectors) {
  constexpr SipKey kKey = {0x0706050403020100, 0x0f0e0d0c0b0a0908};
  std::array<std::byte, 15> input{};
  for (size_t i = 0; i < input.size(); ++i) input[i] = static_cast<std::byte>(i);
  EXPECT_EQ(siphash(kKey, {}), 0x726fdb47dd0e0e31u);
  EXPECT_EQ(siphash(kKey, std::span(input).first(1)), 0x74f839c593dc67fdu);
  EXPECT_EQ(siphash(kKey, std::span(input).first(8)), 0x93f5f5799a932462u);
  EXPECT_EQ(siphash(kKey, input), 0xa129ca6149be45e5u);
}

}  // namespace
}  // namespace saya::helper
