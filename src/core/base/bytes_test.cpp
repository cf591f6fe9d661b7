// Byte order and hexadecimal text.
#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace saya {
namespace {

TEST(BigEndian, lies_in_memory_with_its_high_byte_first) {
  const be32 value = 0x01020304u;
  std::array<uint8_t, 4> bytes;
  static_assert(sizeof value == sizeof bytes);
  std::memcpy(bytes.data(), &value, sizeof value);
  EXPECT_EQ(bytes, (std::array<uint8_t, 4>{1, 2, 3, 4}));
  EXPECT_EQ(uint32_t{value}, 0x01020304u);
  EXPECT_EQ(value.raw(), 0x04030201u);
  EXPECT_EQ(be16(uint16_t{0x0800}).raw(), 0x0008);
  EXPECT_EQ(uint16_t{be16()}, 0);
}

TEST(LoadStore, work_at_any_address) {
  alignas(8) std::array<std::byte, 16> bytes{};
  for (size_t at = 0; at < 8; ++at) {
    store(bytes.data() + at, uint64_t{0x1122334455667788});
    EXPECT_EQ(bytes[at], std::byte{0x88});
    EXPECT_EQ(load<uint64_t>(bytes.data() + at), 0x1122334455667788u);
  }
}

struct Text {
  const char* text;
  const char* hex;    ///< What it means, or null.
  const char* error;  ///< What the refusal says.
};

const Text kTexts[] = {
    {"",              "",       nullptr                                       },
    {"0f1A",          "0f1a",   nullptr                                       },
    {" 0f  1a\n\tff", "0f1aff", nullptr                                       },
    {"0x0f 0x1a",     "0f1a",   nullptr                                       },
    {"0x0f1a",        "0f1a",   nullptr                                       },
    {"abc",           nullptr,  "'c' at position 2 is not a hexadecimal byte" },
    {"a b",           nullptr,  "'a' at position 0 is not a hexadecimal byte" },
    {"12 g0",         nullptr,  "'g0' at position 3 is not a hexadecimal byte"},
    {"0x",            nullptr,  "'' at position 2 is not a hexadecimal byte"  },
    {"0x0x12",        nullptr,  "'0x' at position 2 is not a hexadecimal byte"},
    {"-1",            nullptr,  "'-1' at position 0 is not a hexadecimal byte"},
};

TEST(Hex, text_is_bytes_or_is_refused_with_its_position) {
  for (const Text& row : kTexts) {
    const auto bytes = from_hex(row.text);
    ASSERT_EQ(bytes.has_value(), row.hex != nullptr) << row.text;
    if (bytes)
      EXPECT_EQ(to_hex(*bytes), row.hex) << row.text;
    else
      EXPECT_EQ(bytes.error().message, row.error) << row.text;
  }
}

TEST(Hex, unprintable_text_is_not_echoed) {
  EXPECT_EQ(from_hex("\033[").error().message, "'\\x1b[' at position 0 is not a hexadecimal byte");
}

TEST(Hex, bytes_are_written_in_lower_case_with_separators) {
  EXPECT_EQ(to_hex(from_hex("00 9A FF").value(), ":"), "00:9a:ff");
  EXPECT_EQ(to_hex({}, ":"), "");
}

}  // namespace
}  // namespace saya
