// What a line looks like. Which formats are refused, and how long a line is, is compared with the kernel in
// tests/helper_kernel_test.cpp.
#include "helper/print_format.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>

namespace saya::helper {
namespace {

uint64_t address_of(const void* p) { return reinterpret_cast<uint64_t>(p); }

constexpr char kText[] = "saya";
constexpr uint8_t kAddress[] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x01};

struct PrintCase {
  const char* format;
  std::array<uint64_t, 3> values;
  std::string text;
};

const PrintCase kCases[] = {
    {"plain",             {},                                                        "plain"                                  },
    {"%d %u",             {static_cast<uint64_t>(-5), static_cast<uint64_t>(-5)},    "-5 4294967291"                          },
    {"%ld",               {1ull << 63},                                              "-9223372036854775808"                   },
    {"%lu",               {1ull << 63},                                              "9223372036854775808"                    },
    {"%x %X %llx",        {0xbeef, 0xbeef, ~0ull},                                   "beef BEEF ffffffffffffffff"             },
    {"[%5d][%-5d][%05d]", {42, 42, 42},                                              "[   42][42   ][00042]"                  },
    {"[%05d][%-05d]",     {static_cast<uint64_t>(-42), 7},                           "[-0042][7    ]"                         },
    {"%+d % d",           {1, 2},                                                    "+1  2"                                  },
    {"%c%3c",             {'x', 'y'},                                                "x  y"                                   },
    {"%s %6s|%-6s|",      {address_of(kText), address_of(kText), address_of(kText)}, "saya   saya|saya  |"                    },
    {"<%s>",              {8},                                                       "<>"                                     },
    {"%p",                {0x1234},                                                  "0000000000001234"                       },
    {"%px",               {0x1234},                                                  "0000000000001234"                       },
    {"%ps",               {0x1234},                                                  "0x1234"                                 },
    {"%pI4",              {address_of(kAddress)},                                    "32.1.13.184"                            },
    {"%pi4",              {address_of(kAddress)},                                    "032.001.013.184"                        },
    {"%pI6",              {address_of(kAddress)},                                    "2001:0db8:0000:0000:0000:0000:0000:0001"},
    {"%pi6",              {address_of(kAddress)},                                    "20010db8000000000000000000000001"       },
    {"%pks!",             {address_of(kText)},                                       "saya!"                                  },
    {"100%%",             {},                                                        "100%"                                   },
};

TEST(Print, LooksAsTheKernelHasIt) {
  for (const PrintCase& c : kCases) {
    std::array<char, kMaxPrinted> out;
    const int64_t length = print({c.format, std::char_traits<char>::length(c.format) + 1}, c.values, out);
    ASSERT_EQ(length, std::ssize(c.text)) << c.format;
    EXPECT_EQ(out.data(), c.text);
  }
}

TEST(Print, WritesWhatFitsAndCountsTheRest) {
  std::array<char, 8> out;
  out.fill('!');
  const std::array<uint64_t, 1> values{7};
  EXPECT_EQ(print({"%2000000d", 10}, values, out), 2000000);
  EXPECT_STREQ(out.data(), "       ");
}

TEST(Print, CutsStringsAtWhatALineMayTake) {
  const std::string longer(600, 'a');
  std::array<char, kMaxPrinted> out;
  const std::array<uint64_t, 2> values{address_of(longer.data()), address_of(longer.data())};
  EXPECT_EQ(print({"%s", 3}, values, out), 511);
  EXPECT_EQ(print({"%s%s", 5}, values, out), -ENOSPC);
}

}  // namespace
}  // namespace saya::helper
