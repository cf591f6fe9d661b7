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

}  // namespace
}  // namespace saya
