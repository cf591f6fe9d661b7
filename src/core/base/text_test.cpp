// Words, whatever stands between them.
#include "base/text.h"

#include <gtest/gtest.h>

namespace saya {
namespace {

using Words = std::vector<std::string_view>;

TEST(SplitWords, cuts_at_any_run_of_blanks) {
  EXPECT_EQ(split_words("obj show"), (Words{"obj", "show"}));
  EXPECT_EQ(split_words("  pref \t 3\r\nda  "), (Words{"pref", "3", "da"}));
  EXPECT_EQ(split_words("one"), Words{"one"});
}

TEST(SplitWords, finds_none_where_there_is_none) {
  EXPECT_EQ(split_words(""), Words{});
  EXPECT_EQ(split_words(" \t\n"), Words{});
}

TEST(Printable, has_no_control_characters_and_an_end) {
  EXPECT_EQ(printable("a b\n\033[2J\x7f"), "a b??[2J?");
  EXPECT_EQ(printable("abcdef", 3), "abc...");
}

struct Number {
  const char* word;
  bool valid;
  bool negative = false;
  uint64_t magnitude = 0;
};

TEST(ParseInteger, takes_decimal_and_hexadecimal_of_64_bits) {
  const Number cases[] = {
      {"17", true, false, 17},
      {"-3", true, true, 3},
      {"0x1F", true, false, 31},
      {"-0x10", true, true, 16},
      {"010", true, false, 10},
      {"18446744073709551615", true, false, UINT64_MAX},
      {"-9223372036854775808", true, true, uint64_t{1} << 63},
      {"18446744073709551616", false},
      {"-9223372036854775809", false},
      {"", false},
      {"-", false},
      {"0x", false},
      {"--1", false},
      {"+1", false},
      {" 1", false},
      {"1k", false},
      {"0x-1", false},
  };
  for (const Number& c : cases) {
    const auto integer = parse_integer(c.word);
    ASSERT_EQ(bool(integer), c.valid) << c.word;
    if (!integer) continue;
    EXPECT_EQ(integer->negative, c.negative) << c.word;
    EXPECT_EQ(integer->magnitude, c.magnitude) << c.word;
  }
}

TEST(Integer, fits_as_many_bits_as_it_needs) {
  EXPECT_TRUE((Integer{true, 128}).fits(8, true));
  EXPECT_FALSE((Integer{true, 129}).fits(8, true));
  EXPECT_TRUE((Integer{false, 127}).fits(8, true));
  EXPECT_FALSE((Integer{false, 128}).fits(8, true));
  EXPECT_TRUE((Integer{false, 255}).fits(8, false));
  EXPECT_FALSE((Integer{false, 256}).fits(8, false));
  EXPECT_FALSE((Integer{true, 1}).fits(64, false));
  EXPECT_TRUE((Integer{true, 0}).fits(1, false));
  EXPECT_TRUE((Integer{false, UINT64_MAX}).fits(64, false));
  EXPECT_EQ((Integer{true, 2}).bits(), UINT64_MAX - 1);
  EXPECT_EQ(range_text(8, true), "-128..127");
  EXPECT_EQ(range_text(64, false), "0..18446744073709551615");
  EXPECT_EQ(range_text(1, false), "0..1");
}

}  // namespace
}  // namespace saya
